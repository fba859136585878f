import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readConfig, type Settings } from '../../src/config.ts';

const LIVE = 'project-live-22222222-2222-4222-8222-222222222222';
const TEST = 'project-test-11111111-1111-4111-8111-111111111111';

const FILE: Settings = {
  brand: 'acme',
  stytch: { projectId: LIVE, vertical: 'consumer' },
  hosts: { api: ['api.acme.com'], desk: 'keys.acme.com' },
  origin: { url: 'https://origin.acme.com', id: 'acme-api' },
  limits: { default: { requests: 600, perSeconds: 60 } },
  routes: [{ path: '/a' }],
};

const webhookSecret = (bytes: number, fill = 1) => `whsec_${Buffer.alloc(bytes, fill).toString('base64')}`;

const JWK = {
  ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }),
  ...{ kid: 'a', alg: 'ES256' },
};
const SECRETS = {
  STYTCH_SECRET: 'planted-stytch-secret',
  LATCHKEY_MASTER_KEYS: JSON.stringify([{ id: 'a', key: Buffer.alloc(32, 7).toString('base64url') }]),
  ASSERTION_JWKS: JSON.stringify({ keys: [JWK] }),
};
const EVENTS_SECRET = webhookSecret(24);

const read = (changed: Partial<Settings>, vars: object = {}) =>
  readConfig({ ...FILE, ...changed }, { ...SECRETS, ...vars });

const accepted = (...parameters: Parameters<typeof read>) => {
  const result = read(...parameters);
  if (!result.ok) throw new Error(result.problems.join('\n'));
  return result;
};

const problems = (...parameters: Parameters<typeof read>): readonly string[] => {
  const result = read(...parameters);
  return result.ok ? [] : result.problems;
};

const to = (url: string) => ({ events: { url } });

describe('events', () => {
  it('go nowhere where the file does not say where', () => {
    const { config, secrets, warnings } = accepted({});
    expect([config.events, secrets.eventsSecret, warnings]).toEqual([null, null, []]);
  });

  it('have a place, a secret, and days that can be left out', () => {
    const { config, secrets, warnings } = accepted(to('https://hooks.acme.com/in?token=1'), {
      EVENTS_SECRET,
    });
    expect(config.events).toEqual({
      url: 'https://hooks.acme.com/in?token=1',
      expiringDays: 7,
      unusedDays: 90,
    });
    expect(secrets.eventsSecret?.reveal()).toBe(EVENTS_SECRET);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['hooks.acme.com', 'must be a URL'],
    ['', 'must be a URL'],
    ['https://hooks.acme.com/\\evil', 'must be a URL'],
    ['https://hooks.acme.com/a b', 'must be a URL'],
    ['http://hooks.acme.com/in', 'must be https'],
    ['http://127.0.0.1:9000/in', 'must be https with a live project'],
    ['ftp://hooks.acme.com/in', 'must be https'],
    ['javascript:alert(1)', 'must have a host name'],
    ['https://user@hooks.acme.com/in', 'must not have a user or a password'],
    ['https://user:planted@hooks.acme.com/in', 'must not have a user or a password'],
    ['https://hooks.acme.com/in#a', 'must not have a fragment'],
    ['https://hooks.acme.com/in#', 'must not have a fragment'],
    ['https://hooks.acme.com./in', 'must have a host name without a dot'],
    ['https://api.acme.com/in', 'is one of our own hosts'],
    ['https://API.acme.com:8443/in', 'is one of our own hosts'],
    ['https://keys.acme.com/in', 'is one of our own hosts'],
  ])('do not go to %s', (url, problem) => {
    const found = problems(to(url), { EVENTS_SECRET });
    expect(found).toEqual([expect.stringContaining(`events.url: ${problem}`)]);
    expect(found.join()).not.toContain('planted');
  });

  it('go to this machine by http with a test project, and nowhere else', () => {
    const local: Partial<Settings> = {
      stytch: { projectId: TEST, vertical: 'consumer' },
      hosts: { api: ['127.0.0.1:8787'], desk: 'localhost:8787' },
    };
    expect(problems({ ...local, ...to('http://127.0.0.1:9000/in') }, { EVENTS_SECRET })).toEqual([]);
    expect(problems({ ...local, ...to('http://10.0.0.1/in') }, { EVENTS_SECRET })).toEqual([
      'events.url: must be https, except on this machine',
    ]);
    expect(problems({ ...local, ...to('http://localhost:8787/in') }, { EVENTS_SECRET })).toEqual([
      expect.stringContaining('events.url: is one of our own hosts'),
    ]);
  });

  it.each([
    [{ expiringDays: 0 }, 'events.expiringDays: must be a whole number from 1 to 90'],
    [{ expiringDays: 91 }, 'events.expiringDays: must be a whole number from 1 to 90'],
    [{ unusedDays: 0 }, 'events.unusedDays: must be a whole number from 1 to 3650'],
    [{ secret: 'planted' }, 'events.secret: is no setting'],
  ])('%o is a problem', (more, problem) => {
    const events = { url: 'https://hooks.acme.com/in', ...more };
    expect(problems({ events }, { EVENTS_SECRET })).toEqual([problem]);
  });

  it('are signed: without a secret nothing is served', () => {
    const missing = ['EVENTS_SECRET: is missing: events are signed'];
    expect(problems(to('https://hooks.acme.com/in'))).toEqual(missing);
    expect(problems(to('https://hooks.acme.com/in'), { EVENTS_SECRET: '' })).toEqual(missing);
  });

  it('a secret without a place is warned of', () => {
    const { warnings } = accepted({}, { EVENTS_SECRET });
    expect(warnings).toEqual(['EVENTS_SECRET: is not used: there is no events.url']);
  });
});

describe.each(['EVENTS_SECRET', 'STYTCH_WEBHOOK_SECRET'] as const)('%s', (name) => {
  const kept = (text: string) => {
    const { secrets } = accepted(to('https://hooks.acme.com/in'), { EVENTS_SECRET, [name]: text });
    return (name === 'EVENTS_SECRET' ? secrets.eventsSecret : secrets.stytchWebhookSecret)?.reveal();
  };

  it.each([webhookSecret(24), webhookSecret(64), `${webhookSecret(32)} ${webhookSecret(32, 2)}`])(
    'can be one, or two while it is changed',
    (text) => {
      expect(kept(text)).toBe(text);
    },
  );

  it.each([
    ['no secret', 'planted'],
    ['a short one', webhookSecret(23)],
    ['a long one', webhookSecret(65)],
    ['base64url', `whsec_${Buffer.alloc(32, 255).toString('base64url')}`],
    ['a second that is none', `${webhookSecret(24)} planted`],
    ['two spaces', `${webhookSecret(24)}  ${webhookSecret(25)}`],
    ['a space at the end', `${webhookSecret(24)} `],
    ['no text', 7],
  ])('%s is a problem by name, and no value is told', (_, value) => {
    const found = problems(to('https://hooks.acme.com/in'), { EVENTS_SECRET, [name]: value });
    expect(found).toEqual([expect.stringMatching(new RegExp(`^${name}: must be whsec_`))]);
    expect(found.join()).not.toContain(String(value).slice(0, 20));
  });
});

describe('desk.organizationRoles', () => {
  const desk = { organizationRoles: ['stytch_admin'] };

  it('are of a B2B project', () => {
    const { config } = accepted({ desk, stytch: { projectId: LIVE, vertical: 'b2b' } });
    expect(config.desk).toEqual({
      maxAuthAgeSeconds: null,
      organizationRoles: ['stytch_admin'],
      origins: [],
    });
  });

  it('are a problem in a consumer project, which has no members', () => {
    expect(problems({ desk })).toEqual(["desk.organizationRoles: needs a project whose vertical is 'b2b'"]);
    expect(problems({ desk: { organizationRoles: [] } })).toEqual([]);
  });
});
