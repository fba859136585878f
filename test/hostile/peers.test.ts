import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import { inUse } from '../secrets.ts';
import settings from '../settings.ts';
import {
  API,
  accessToken,
  atOrigin,
  beginAfresh,
  claimsOf,
  isolate,
  issueKey,
  notGood,
  oddToken,
  PROJECT,
  refusalOf,
  rooms,
  send,
  signIn,
  subjectOf,
} from '../world.ts';

/**
 * What got past the peers (SECURITY.md section 2) and is no row of its own in section 1. Which other advisory is shown by which
 * test: docs/threat-model.md.
 */
beginAfresh();
beforeEach(() => rooms.ORIGIN.reset());

const bearer = (credential: string): RequestInit => ({ headers: { authorization: `Bearer ${credential}` } });
const MISSING = {
  ...{ status: 401, code: 'credential_missing', retryAfter: null },
  challenge: 'Bearer realm="acme-api"',
};

describe('CVE-2026-33496 › what one deployment found out, another does not believe', () => {
  const OTHER = 'project-test-22222222-2222-4222-8222-222222222222';
  const ofOther = latchkeyFor({ ...settings, stytch: { projectId: OTHER, vertical: 'consumer' } });
  /** The same KV, Rings, master keys and Stytch; another project. */
  const other = () => isolate({ STYTCH_PROJECT_ID: OTHER }, ofOther);

  it('a key of this project, warm in memory and in KV, is none of the other’s', async () => {
    const { key } = await issueKey(await signIn());
    const here = isolate();
    expect((await here.call(key)).status).toBe(200);
    await rooms.ORIGIN.reset();
    expect((await other().call(key)).status).toBe(401);
    expect(await rooms.ORIGIN.records()).toEqual([]);
    expect((await here.call(key)).status).toBe(200);
  });

  it.each(['access token', 'session'])('the %s of this project is not taken at the other', async (kind) => {
    // At worst the other's keys are the same.
    const { fetch } = globalThis;
    globalThis.fetch = (input, init) =>
      fetch(String(input).replace(`/jwks/${OTHER}`, `/jwks/${PROJECT}`), init);
    onTestFinished(() => {
      globalThis.fetch = fetch;
    });
    const session = await signIn();
    const token = kind === 'session' ? session : await accessToken((await issueKey(session)).key);
    inUse(token);
    const there = other();
    expect((await isolate().call(token)).status).toBe(200);
    await rooms.ORIGIN.reset();
    expect(await refusalOf(await there.call(token))).toEqual(notGood('acme-api'));
    expect(there.calls.filter((call) => !call.startsWith('kv.'))).toEqual([]);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});

describe('CVE-2021-32701 › what is remembered of a credential answers for no route', () => {
  const ROUTES = { '/v1/items/1': 200, '/v1/payouts/1': 403, '/v1/fresh/1': 403, '/v1/any/1': 200 };

  it.each([1, -1])('each route asks for its own, in whatever order they are tried (%i)', async (order) => {
    const session = await signIn();
    const { key } = await issueKey(session, ['items:read']);
    const here = isolate();
    for (const credential of [key, await accessToken(key)]) {
      inUse(credential);
      const routes = Object.entries(ROUTES);
      for (const [path, status] of [...routes, ...routes].sort(() => order))
        expect([path, (await here.call(credential, path)).status]).toEqual([path, status]);
    }
    const arrived = (await rooms.ORIGIN.records()).map(({ url }) => new URL(url).pathname);
    expect(new Set(arrived)).toEqual(new Set(['/v1/items/1', '/v1/any/1']));
  });
});

describe('CVE-2026-34457 › a program that says who it is is nobody for that', () => {
  it.each([
    ...['ELB-HealthChecker/2.0', 'kube-probe/1.29', 'GoogleHC/1.0', 'Amazon-Route53-Health-Check-Service'],
    ...['Cloudflare-Healthchecks/1.0', 'UptimeRobot/2.0', 'Pingdom.com_bot_version_1.4', 'StatusCake'],
    ...['Envoy/HC', 'Consul Health Check', 'Better Uptime Bot', 'Prometheus/2.51', 'Blackbox Exporter/0.25'],
    ...['Googlebot/2.1', 'curl/8.5.0', 'Stytch', 'Cloudflare-Workers', 'latchkey', ''],
  ])('User-Agent: %s', async (agent) => {
    for (const path of ['/v1/any/1', '/v1/items/health', '/v1/any/healthz'])
      expect(await refusalOf(await send(API + path, { headers: { 'user-agent': agent } }))).toEqual(MISSING);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});

describe('CVE-2021-21378 › a credential that is not good is not the same as none', () => {
  it.each([
    ['of another issuer', { kind: 'session', claims: { iss: 'stytch.com/project-test-other' } }],
    ['for somebody else', { kind: 'session', claims: { aud: ['project-test-other'] } }],
    ['that has ended', { kind: 'session', claims: { exp: 1_600_000_000 } }],
    ['that a stranger signed', { kind: 'session', signer: 'foreign' }],
    ['that nobody signed', { kind: 'session', signer: 'none' }],
    ['of a connected app', { kind: 'connectedApp' }],
    ['that says who one is, and is for an app', { kind: 'idToken' }],
  ])('a token %s is refused where anybody may come', async (_, wish) => {
    const token = await oddToken(wish);
    expect(await refusalOf(await send(`${API}/optional/1`, bearer(token)))).toEqual(notGood('acme-api'));
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});

describe('CVE-2026-35030, GHSA-rp9m-7r4c-75qg › tokens that begin alike are two', () => {
  it('each is who it is, cold and warm, however much they have in common', async () => {
    const here = isolate();
    const sessions = await Promise.all([signIn(), signIn()]);
    const tokens: string[] = [];
    // A claim that counts for nothing comes first, so that they differ late.
    for (const session of sessions)
      tokens.push(await oddToken({ kind: 'empty', claims: { a: 'x'.repeat(600), ...claimsOf(session) } }));
    const [one = '', two = ''] = tokens;
    const alike = [...one].findIndex((character, i) => character !== two[i]);
    expect(alike).toBeGreaterThan(512);
    for (const turn of ['cold', 'warm'])
      for (const [i, token] of tokens.entries()) {
        await rooms.ORIGIN.reset();
        expect([turn, (await here.call(token, '/v1/any/1')).status]).toEqual([turn, 200]);
        expect(await atOrigin('x-latchkey-user-id')).toBe(subjectOf(sessions[i] ?? ''));
      }
  });

  it.each([20, 64, 128, 512])(
    'and one that is cut off or changed after %i characters is not good',
    async (length) => {
      const token = await accessToken((await issueKey(await signIn())).key);
      inUse(token);
      const here = isolate();
      expect((await here.call(token)).status).toBe(200);
      await rooms.ORIGIN.reset();
      const changed = token.slice(0, length) + (token[length] === 'A' ? 'B' : 'A') + token.slice(length + 1);
      for (const other of [token.slice(0, length), changed])
        expect((await here.call(other)).status).toBe(401);
      expect(await rooms.ORIGIN.records()).toEqual([]);
    },
  );
});
