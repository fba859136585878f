import { expect, test } from 'vitest';
import { setKey } from '../../../cli/toml.ts';

const TOML = `# The top.
name = "acme" # ours

# Bindings follow.
[[kv_namespaces]]
binding = "VAULT"

[env.staging]
routes = [
  { pattern = "a.example", custom_domain = true }, # one ]
  { pattern = "b.example", custom_domain = true },
]
workers_dev = false

[env.staging.vars]
DESK_HOST = "keys.example"
DESK_HOSTS = "no"

# Production is to come.
`;

test('a key is put where it stands, whatever its value goes over, and everything else stays', () => {
  expect(setKey(TOML, '', 'name', '"latchkey"')).toBe(TOML.replace('"acme" # ours', '"latchkey"'));
  expect(setKey(TOML, 'env.staging', 'routes', '[]')).toBe(
    TOML.replace(/routes = \[[\s\S]*?\n\]/, 'routes = []'),
  );
  expect(setKey(TOML, 'env.staging.vars', 'DESK_HOST', '"x"')).toBe(TOML.replace('"keys.example"', '"x"'));
});

test('a key that is not there comes after the last line of its table, before the comments of what follows', () => {
  expect(setKey(TOML, '', 'main', '"w.ts"')).toBe(TOML.replace('# ours\n', '# ours\nmain = "w.ts"\n'));
  expect(setKey(TOML, 'env.staging.vars', 'API', '"x"')).toBe(TOML.replace('"no"\n', '"no"\nAPI = "x"\n'));
});

test('a table that is not there is added at the end', () => {
  expect(setKey(TOML, 'env.production.vars', 'A', '"1"')).toBe(`${TOML}\n[env.production.vars]\nA = "1"\n`);
});
