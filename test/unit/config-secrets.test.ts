import { expect, it } from 'vitest';
import latchkey from '../../latchkey.config.ts';
import { SECRET_NAMES } from '../../src/config/secrets.ts';
import { readSecretConfig } from '../../src/config.ts';

it('the names of the secrets are those that are read, and no others', () => {
  const asked = new Set<string>();
  const vars = new Proxy<Record<string, unknown>>(
    {},
    {
      get: (_, name) => {
        asked.add(String(name));
        return 'nonsense';
      },
    },
  );
  const read = readSecretConfig({ ...latchkey, events: { url: 'https://acme.com' }, decision: {} }, vars);
  const named = read.ok ? [] : read.problems.map((problem) => /^[A-Z_]+/.exec(problem)?.[0]);
  expect([...asked].filter((name) => /SECRET|KEYS|JWKS/.test(name)).sort()).toEqual([...SECRET_NAMES].sort());
  expect(new Set(named)).toEqual(new Set(SECRET_NAMES.filter((name) => name !== 'STYTCH_SECRET')));
});
