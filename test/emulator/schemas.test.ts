import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADA, PROJECT_ID, startEmulator } from './emulator.ts';

/** Made by tools/stytch-schemas.ts of the OpenAPI that Stytch publishes. */
const ROOT = JSON.parse(readFileSync(join(import.meta.dirname, 'stytch-schemas.json'), 'utf8'));
const ADA_ID = 'user-test-ada00000-0000-4000-8000-000000000001';
const CLIENT = '/v1/m2m/clients/one';

let emulator: Awaited<ReturnType<typeof startEmulator>>;
let sessionToken = '';
beforeAll(async () => {
  emulator = await startEmulator();
  const body = { ...ADA, session_duration_minutes: 60 };
  sessionToken = (await emulator.api('POST', '/v1/passwords/authenticate', body)).body.session_token;
});
afterAll(() => emulator.server.close());

/** An object may have no property that Stytch does not name, unless its schema is open. */
const close = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(close);
  if (typeof schema !== 'object' || schema === null) return schema;
  const closed = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, close(value)]));
  return 'properties' in schema && 'type' in schema ? { additionalProperties: false, ...closed } : closed;
};

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addFormat('int32', { type: 'number', validate: Number.isInteger });
ajv.addSchema({ $id: 'stytch', components: close(ROOT.components) as object });

/** Null stands for an absent property: the OpenAPI knows no null, the samples in the documentation do. */
const withoutNulls = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([name, inner]) => [name, withoutNulls(inner)]));
};

const problems = (operation: string, status: number, body: unknown): unknown => {
  const reference = ROOT.operations[operation][status].$ref;
  const validate = ajv.getSchema(`stytch${reference}`);
  return validate?.(withoutNulls(body)) === true ? [] : (validate?.errors ?? 'no such schema');
};

/** In order: later ones need what earlier ones made. */
type Call = readonly [operation: string, path: string, body?: () => object];
const CALLS: readonly Call[] = [
  [
    'POST /v1/m2m/clients',
    '/v1/m2m/clients',
    () => ({ client_id: 'one', client_name: 'One', scopes: ['read'], trusted_metadata: { user_id: ADA_ID } }),
  ],
  ['GET /v1/m2m/clients/{client_id}', CLIENT],
  ['PUT /v1/m2m/clients/{client_id}', CLIENT, () => ({ client_description: 'New', status: 'active' })],
  ['POST /v1/m2m/clients/{client_id}/secrets/rotate/start', `${CLIENT}/secrets/rotate/start`, () => ({})],
  ['POST /v1/m2m/clients/{client_id}/secrets/rotate', `${CLIENT}/secrets/rotate`, () => ({})],
  ['POST /v1/m2m/clients/{client_id}/secrets/rotate/start', `${CLIENT}/secrets/rotate/start`, () => ({})],
  ['POST /v1/m2m/clients/search', '/v1/m2m/clients/search', () => ({ limit: 1 })],
  ['POST /v1/m2m/clients/{client_id}/secrets/rotate/cancel', `${CLIENT}/secrets/rotate/cancel`, () => ({})],
  ['DELETE /v1/m2m/clients/{client_id}', CLIENT, () => ({})],
  ['POST /v1/passwords/authenticate', '/v1/passwords/authenticate', () => ADA],
  [
    'POST /v1/passwords/authenticate',
    '/v1/passwords/authenticate',
    () => ({ ...ADA, session_duration_minutes: 5 }),
  ],
  ['POST /v1/sessions/authenticate', '/v1/sessions/authenticate', () => ({ session_token: sessionToken })],
  [
    'POST /v1/sessions/authenticate',
    '/v1/sessions/authenticate',
    () => ({ session_token: 'WJtR5BCy38Szd5AfoDpf0iqFKEt4EE5JhjlWUY7l3FtY' }),
  ],
  ['GET /v1/sessions', `/v1/sessions?user_id=${ADA_ID}`],
  ['POST /v1/sessions/revoke', '/v1/sessions/revoke', () => ({ session_token: sessionToken })],
  ['GET /v1/sessions/jwks/{project_id}', `/v1/sessions/jwks/${PROJECT_ID}`],
  ['GET /v1/debug/whoami', '/v1/debug/whoami'],
  ['POST /v1/users', '/v1/users', () => ({ email: 'new@example.com', phone_number: '+15005550006' })],
  ['GET /v1/users/{user_id}', `/v1/users/${ADA_ID}`],
  ['PUT /v1/users/{user_id}', `/v1/users/${ADA_ID}`, () => ({ roles: ['admin'], name: { first_name: 'A' } })],
  ['DELETE /v1/users/{user_id}', `/v1/users/${ADA_ID}`, () => ({})],
];

for (const [operation, path, body] of CALLS) {
  test(`${operation} answers as Stytch’s schema says`, async () => {
    const [method = ''] = operation.split(' ');
    const answer = await emulator.api(method, path, body?.());
    expect(answer.status).toBe(200);
    expect(problems(operation, 200, answer.body)).toEqual([]);
  });
}

test('every operation of the schema is tried', () => {
  const tried = new Set(CALLS.map(([operation]) => operation));
  expect([...tried].toSorted()).toEqual(Object.keys(ROOT.operations).toSorted());
});
