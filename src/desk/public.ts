import { json } from '../http/answer.ts';
import { problemPage } from '../http/problem-page.ts';
import { ok } from '../model/refusal.ts';
import * as z from '../model/zod.ts';
import type { Doors } from './doors.ts';
import { operation } from './operation.ts';
import type { DeskPorts } from './ports.ts';

/** How long an origin may keep our public keys, in seconds: a new key is published longer than that before it signs. */
const JWKS_MAX_AGE_SECONDS = 300;

const WHOAMI = z
  .strictObject({
    auth: z.enum(['api_key', 'client_credentials', 'access_token', 'session', 'anonymous']),
    user_id: z.nullable(z.string()),
    organization_id: z.nullable(z.string()),
    key_id: z.nullable(z.string()),
    scopes: z.array(z.string()),
  })
  .check(z.meta({ id: 'Whoami' }));

const JWKS = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string(), kid: z.string() })) });

const READINESS = z
  .strictObject({
    status: z.enum(['ready', 'not ready']),
    checks: z.strictObject({ signing_keys: z.boolean(), assertion_keys: z.boolean(), kv: z.boolean() }),
  })
  .check(z.meta({ id: 'Readiness' }));

/** Who one is, and what others need in order to trust us. */
export const publicOperations = (ports: DeskPorts, doors: Doors) =>
  [
    operation({
      ...{ method: 'GET', path: '/v1/whoami', operationId: 'whoami', tag: 'Keys', door: doors.anybody },
      summary: 'Tells who a credential is',
      answers: { 200: { description: 'Who it is', body: WHOAMI } },
      handle: async ({ who, call }) => {
        const { auth, userId, organizationId, clientId, scopes } = who.identity;
        const body = { auth, user_id: userId, organization_id: organizationId, key_id: clientId, scopes };
        return ok(json(body, 200, call.requestId));
      },
    }),
    operation({
      ...{
        method: 'GET',
        path: '/.well-known/jwks.json',
        operationId: 'jwks',
        tag: 'Trust',
        door: doors.open,
      },
      summary: 'The public keys of assertions (RFC 7517)',
      answers: {
        200: { description: 'A JWK Set', body: JWKS, contentType: 'application/jwk-set+json' },
      },
      handle: async ({ call }) =>
        ok(
          json(ports.assertionJwks, 200, call.requestId, {
            'content-type': 'application/jwk-set+json',
            'cache-control': `public, max-age=${JWKS_MAX_AGE_SECONDS}`,
          }),
        ),
    }),
    operation({
      ...{ method: 'GET', path: '/problems/{code}', operationId: 'problem', tag: 'Trust' },
      ...{ door: doors.stranger, params: z.object({ code: z.string() }) },
      summary: 'Explains a refusal (RFC 9457 §3.1.1)',
      answers: { 200: { description: 'A page for people', contentType: 'text/plain' } },
      refusals: ['not_found'],
      handle: async ({ params, call }) => problemPage(params.code, call.requestId),
    }),
    operation({
      ...{ method: 'GET', path: '/healthz', operationId: 'health', tag: 'Trust', door: doors.open },
      summary: 'Whether the Worker runs',
      answers: { 200: { description: 'It does', body: z.strictObject({ status: z.literal('ok') }) } },
      handle: async ({ call }) => ok(json({ status: 'ok' }, 200, call.requestId)),
    }),
    // It asks KV and the signing keys; the health above and our own keys cost nothing, and trust hangs on them.
    operation({
      ...{ method: 'GET', path: '/readyz', operationId: 'readiness', tag: 'Trust', door: doors.stranger },
      summary: 'Whether what Latchkey depends on can be had',
      answers: {
        200: { description: 'All of it', body: READINESS },
        503: { description: 'Not all of it', body: READINESS },
      },
      handle: async ({ call }) => {
        const checks = await ports.readiness();
        const ready = Object.values(checks).every((good) => good);
        return ok(json({ status: ready ? 'ready' : 'not ready', checks }, ready ? 200 : 503, call.requestId));
      },
    }),
  ] as const;
