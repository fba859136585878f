import { runDurableObjectAlarm } from 'cloudflare:test';
import { type Schema, Validator } from '@cfworker/json-schema';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Env } from '../../src/assemble.ts';
import { EVENT_TYPES, type EventType } from '../../src/model/life.ts';
import type { Ring } from '../../src/model/ports.ts';
import type { RingPorts } from '../../src/ring/parts.ts';
import { contract } from '../contract.ts';
import { inUse } from '../secrets.ts';
import { KeyRing } from '../worker.ts';
import { BY, call, desk, dumpOfRing, issueKey, later, now, ownerOf, ringStub, signIn } from '../world.ts';

const DAY_MS = 86_400_000;
/** So that one moment is near the end of a key, and long after its last use. */
const EVENTS = { expiringMs: 30 * DAY_MS, unusedMs: DAY_MS };

/** What the Worker supplies a Ring with. */
const SUPPLY = KeyRing.prototype as unknown as { ports: (env: Env) => RingPorts };

let ports: { mockRestore(): void };
let session: string;
let stub: DurableObjectStub;
let ring: Ring;

/** Rings whose operator has a URL for events, at which nobody answers: what they have to tell stays with them. */
beforeEach(async () => {
  const real = SUPPLY.ports;
  ports = vi.spyOn(SUPPLY, 'ports').mockImplementation(function (
    this: InstanceType<typeof KeyRing>,
    env: Env,
  ) {
    const { rules, ...others } = real.call(this, env);
    const deliver = async () =>
      ({ outcome: 'unreachable', detail: 'test', retryAfterSeconds: null }) as const;
    return { ...others, rules: { ...rules, events: EVENTS }, deliver };
  });
  session = await signIn();
  stub = await ringStub(session);
  ring = stub as unknown as Ring;
});
afterEach(async () => {
  ports.mockRestore();
  await now();
});

const leak = async (clientId: string): Promise<void> => {
  const { secrets = [] } = await dumpOfRing(stub);
  const own = secrets.filter(({ client_id }) => client_id === clientId);
  const fingerprints = own.map(({ fingerprint }) => String(fingerprint));
  await ring.endPresented({
    ...{ clientId, fingerprints, source: 'https://example.com/paste' },
    ...{ by: null, author: BY },
  });
};

/** What makes each event happen. */
const HAPPENS: Readonly<Record<EventType, (keyId: string, key: string) => Promise<unknown>>> = {
  'key.created': async () => undefined,
  'key.rotated': async (keyId) => {
    const answer = await desk(session, 'POST', `/v1/keys/${keyId}/rotate`, { overlap_seconds: 0 });
    inUse(((await answer.json()) as { key: string }).key);
  },
  'key.revoked': (keyId) => desk(session, 'DELETE', `/v1/keys/${keyId}`),
  'key.leaked': leak,
  'key.expiring': () => runDurableObjectAlarm(stub),
  'key.unused': async () => {
    await later(2 * 86_400);
    await runDurableObjectAlarm(stub);
  },
  'quota.reached': async (_, key) => {
    await ring.setLimits(ownerOf(session), { plan: 'trial' }, BY);
    for (let i = 0; i < 2; i++) await call(key, '/v1/heavy');
  },
  'owner.suspended': () => ring.suspend(ownerOf(session), 'abuse', BY),
};

it.each(EVENT_TYPES)('%s is told as OpenAPI says', async (type) => {
  const expires_at = new Date(Date.now() + 10 * DAY_MS).toISOString();
  const { key_id, key } = await issueKey(session, ['items:read'], { expires_at });
  await HAPPENS[type](key_id, key);
  const { events = [] } = await dumpOfRing(stub);
  const body = events.find((event) => event.type === type)?.body;
  expect(body).toBeTypeOf('string');
  const schema = contract.webhooks[type]?.post?.requestBody?.content['application/json']?.schema;
  const whole = { ...(schema as Schema), components: { schemas: contract.components.schemas } };
  expect(new Validator(whole, '2020-12', false).validate(JSON.parse(String(body))).errors).toEqual([]);
});
