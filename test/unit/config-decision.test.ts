import { describe, expect, it } from 'vitest';
import { readConfig, type Settings } from '../../src/config.ts';
import { freshSecrets } from '../../tools/serve/secrets.ts';

const FILE: Settings = {
  brand: 'acme',
  stytch: { projectId: 'project-live-22222222-2222-4222-8222-222222222222', vertical: 'consumer' },
  hosts: { api: ['api.acme.com'], desk: 'keys.acme.com' },
  origin: { url: 'https://origin.acme.com', id: 'acme-api' },
  limits: { default: { requests: 600, perSeconds: 60 } },
  routes: [{ path: '/a' }],
};
const SECRETS = { ...freshSecrets(), STYTCH_SECRET: 'planted-stytch-secret' };

const base64url = (bytes: number, fill = 7): string => Buffer.alloc(bytes, fill).toString('base64url');
const DECISION_SECRET = base64url(32);

const read = (changed: Partial<Settings>, vars: object = {}) =>
  readConfig({ ...FILE, ...changed }, { ...SECRETS, ...vars });

const problems = (...parameters: Parameters<typeof read>): readonly string[] => {
  const result = read(...parameters);
  return result.ok ? [] : result.problems;
};

describe('decision', () => {
  it('is for nobody where the file does not say so', () => {
    expect(read({})).toMatchObject({
      ok: true,
      config: { decision: null },
      secrets: { decisionSecret: null },
    });
  });

  it('has a header for the address of the client, which can be left out', () => {
    const vars = { DECISION_SECRET };
    expect(read({ decision: {} }, vars)).toMatchObject({
      config: { decision: { addressHeader: 'X-Original-Address' } },
    });
    const decision = { addressHeader: 'X-Envoy-External-Address' };
    expect(read({ decision }, vars)).toMatchObject({ config: { decision } });
  });

  it.each(['', 'X Real IP', 'x_real_ip', '1'])('"%s" is no name of a header', (addressHeader) => {
    expect(problems({ decision: { addressHeader } }, { DECISION_SECRET })).toEqual([
      'decision.addressHeader: must be the name of a header',
    ]);
  });

  it('is warned of a header that Cloudflare writes itself', () => {
    const warnings = [
      'decision.addressHeader: Cloudflare writes X-Real-IP itself: use it only where Latchkey runs elsewhere',
    ];
    expect(read({ decision: { addressHeader: 'x-real-ip' } }, { DECISION_SECRET })).toMatchObject({
      warnings,
    });
    expect(read({ decision: {} }, { DECISION_SECRET })).toMatchObject({ warnings: [] });
  });

  it('needs a secret: without one nothing is served', () => {
    const missing = ['DECISION_SECRET: is missing: a proxy proves by it that it is yours'];
    expect(problems({ decision: {} })).toEqual(missing);
    expect(problems({ decision: {} }, { DECISION_SECRET: '' })).toEqual(missing);
  });

  it('a secret that nobody can use is warned of', () => {
    expect(read({}, { DECISION_SECRET })).toMatchObject({
      warnings: ['DECISION_SECRET: is not used: there is no decision'],
    });
  });

  it.each([base64url(32), base64url(96), `${base64url(32)} ${base64url(32, 8)}`])(
    'the secret can be one, or two while it is changed',
    (text) => {
      const result = read({ decision: {} }, { DECISION_SECRET: text });
      expect(result.ok && result.secrets.decisionSecret?.reveal()).toBe(text);
    },
  );

  it.each([
    ['a short one', base64url(31)],
    ['a long one', base64url(97)],
    ['base64', Buffer.alloc(33, 255).toString('base64')],
    ['a second that is none', `${base64url(32)} planted`],
    ['three', `${base64url(32)} ${base64url(32, 8)} ${base64url(32, 9)}`],
    ['a space at the end', `${base64url(32)} `],
    ['no text', 7],
  ])('%s is a problem by name, and no value is told', (_, value) => {
    const found = problems({ decision: {} }, { DECISION_SECRET: value });
    expect(found).toEqual([expect.stringMatching(/^DECISION_SECRET: must be base64url/)]);
    expect(found.join()).not.toContain(String(value).slice(0, 20));
  });
});
