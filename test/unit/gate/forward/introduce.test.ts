import { describe, expect, it } from 'vitest';
import { ASSERTION_REUSE_MS } from '../../../../src/gate/forward/assertion.ts';
import { createIntroduce, keptBytes, MAX_KEPT_BYTES } from '../../../../src/gate/forward/introduce.ts';
import type { Origin } from '../../../../src/gate/forward/origins.ts';
import type { Passage } from '../../../../src/gate/forward/passage.ts';
import { type Evidence, newEvidence } from '../../../../src/model/evidence.ts';
import { identityOf } from '../../../../src/model/identity.ts';
import { ADA, clientId, NOON } from '../world.ts';

/** All assertions are as long as this one, and so many have a place. */
const TOKEN = 'assertion'.padEnd(700, 'x');
const MANY = Math.floor(MAX_KEPT_BYTES / keptBytes({ token: TOKEN, signedAtMs: NOON }));

const open = () => {
  const clock = { now: NOON };
  let signed = 0;
  const origin = {
    audience: 'acme-api',
    signer: {
      sign: async () => {
        signed++;
        return TOKEN;
      },
    },
    headers: { prefix: 'X-Latchkey' },
  } as unknown as Origin;
  const introduce = createIntroduce(() => clock.now);
  const introduced = async (evidence: Evidence): Promise<number> => {
    const before = signed;
    const { identity } = evidence;
    const target = { host: 'api.test', protocol: 'https:', path: '/' };
    await introduce({ route: {}, target, identity, evidence } as Passage, origin, 'https://origin.test');
    return signed - before;
  };
  return { clock, introduced };
};

const somebody = (): Evidence => ({
  ...newEvidence({ owner: ADA } as Evidence),
  identity: identityOf('api_key', ADA, clientId, ['items:read']),
});

describe('an assertion', () => {
  it('serves an identity again while it is fresh', async () => {
    const { clock, introduced } = open();
    const one = somebody();
    const signed = [await introduced(one)];
    clock.now += ASSERTION_REUSE_MS - 1;
    signed.push(await introduced(one));
    clock.now += 1;
    signed.push(await introduced(one));
    expect(signed).toEqual([1, 0, 1]);
  });

  it('is not kept when it is no longer fresh', async () => {
    const { clock, introduced } = open();
    const one = somebody();
    await introduced(one);
    clock.now += ASSERTION_REUSE_MS;
    await introduced(somebody());
    expect(one.assertion?.size).toBe(0);
  });

  it('goes when there are too many, the oldest first; the newest of the same identity stays', async () => {
    const { introduced } = open();
    const [first, second] = [somebody(), somebody()];
    await introduced(first);
    await introduced(second);
    for (let i = 2; i <= MANY; i++) await introduced(somebody());
    expect([first.assertion?.size, second.assertion?.size]).toEqual([0, 1]);
    expect([await introduced(first), await introduced(first)]).toEqual([1, 0]);
  });
});
