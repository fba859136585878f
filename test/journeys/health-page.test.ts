import { describe, expect, it } from 'vitest';
import type { Reconciler } from '../../src/model/ports.ts';
import { newOperatingPerson } from '../operators.ts';
import { newPerson, textOf } from '../person.ts';
import { logged } from '../secrets.ts';
import { beginAfresh, call, emulator, fault, isolate, issueKey, rooms, signIn } from '../world.ts';

/** What operators are shown of how the deployment is, and what the log is told of it each day. */
beginAfresh();

/** What stands under a name on the page. */
const facts = async (page: Response): Promise<Readonly<Record<string, string>>> => {
  const html = await page.clone().text();
  const pairs = [...html.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/gs)];
  const plain = (text = '') =>
    text
      .replaceAll(/<[^>]+>/g, ' ')
      .replaceAll(/\s+/g, ' ')
      .trim();
  return Object.fromEntries(pairs.map(([, name, value]) => [plain(name), plain(value)]));
};

const refusing = async () => Promise.reject(new Error('silent'));

const SILENT = {
  getByName: () => new Proxy({}, { get: () => refusing }),
};

/** The health of a deployment with these bindings, to an operator who is signed in. */
const healthOf = async (bindings: Readonly<Record<string, unknown>> = {}) => {
  const operator = await newOperatingPerson();
  await operator.get('/operators');
  const there = newPerson(isolate(bindings, operator.assembled).fetch);
  for (const [name, value] of operator.cookies) there.cookies.set(name, value);
  const page = await there.get('/operators/health');
  expect(page.status).toBe(200);
  return { text: await textOf(page), facts: await facts(page) };
};

describe('the health page', () => {
  it('says that all is well, what signs, what runs, and what tokens were saved', async () => {
    const { key } = await issueKey(await signIn());
    for (let i = 0; i < 3; i++) await call(key);
    const page = await healthOf({
      VERSION: { id: 'version-1', tag: 'v1.2.3' },
      ANALYTICS: { writeDataPoint: () => undefined },
    });
    for (const check of ['Stytch', "Stytch's signing keys", 'Our assertion key', 'KV', 'Lobby'])
      expect(page.facts[check.replace("'", '&#39;')]).toBe('well');
    expect(page.facts).toMatchObject({
      'Version of the Worker': 'version-1 v1.2.3',
      'Assertions are signed by': expect.stringMatching(/^\S+/),
      Spent: expect.stringMatching(/^[\d,]+$/),
      Saved: expect.stringMatching(/^[\d,]+$/),
    });
    expect(page.text).toContain('in Analytics Engine, for three months');
    expect(page.text).toContain('This page cannot show requests');
  });

  it('says what the last reconciliation found', async () => {
    const operator = await newOperatingPerson();
    const { here } = operator;
    await emulator('POST', '/seed', {});
    expect(await facts(await operator.get('/operators/health'))).not.toHaveProperty('Clients at Stytch');
    await here.scheduled();
    const shown = await facts(await operator.get('/operators/health'));
    expect(shown).toHaveProperty('Clients at Stytch');
    expect(Object.keys(shown)).toEqual(expect.arrayContaining(['Began', 'Found']));
  });

  it('is shown whole while Stytch, KV or the Lobbies are silent, and says which and what to do', async () => {
    await fault('jwks', { kind: 'status', status: 503 });
    const stytch = await healthOf();
    expect(stytch.facts.Stytch).toMatch(/^not to be had .*Look at the status of Stytch/);
    expect(stytch.facts.KV).toBe('well');
    await emulator('DELETE', '/faults');
    expect((await healthOf({ VAULT: { get: refusing, put: refusing } })).facts.KV).toMatch(
      /^not to be had .*VAULT/,
    );
    const lobby = await healthOf({ LOBBY: SILENT });
    expect(lobby.facts.Lobby).toMatch(/^not to be had/);
    expect(lobby.text).toContain('Not known while the Lobby does not answer.');
    expect(lobby.text).toContain('Not known: a Lobby does not answer.');
    expect(lobby.text).toContain('would be in Analytics Engine if the binding ANALYTICS were there');
  });
});

describe('each day', () => {
  const reconciler = rooms.LOBBY.getByName('lobby-00') as unknown as Reconciler;
  const health = () => logged().filter(({ event }) => event === 'health');

  it('the log is told that all is well, how old the signing keys are, and which key signs', async () => {
    await isolate().scheduled();
    expect(health().at(-1)).toEqual({
      ...{ event: 'health', outcome: 'good', because: null },
      ...{ jwks_age_seconds: expect.any(Number), kid: expect.stringMatching(/./) },
    });
  });

  it('or what is not, and the reconciliation begins all the same', async () => {
    await fault('jwks', { kind: 'status', status: 503 });
    await isolate().scheduled();
    expect(health().at(-1)).toMatchObject({
      outcome: 'not good',
      because: expect.stringContaining('stytch'),
    });
    expect(await reconciler.reconciliation()).not.toBeNull();
  });
});
