import { json } from '../http/answer.ts';
import { keyObject } from '../model/objects.ts';
import { ok } from '../model/refusal.ts';
import type { Subject } from '../model/subject.ts';
import type { Door } from './doors.ts';
import { entityTag } from './entity-tag.ts';
import { idempotencyOf } from './idempotency.ts';
import { KEY } from './objects.ts';
import { operation } from './operation.ts';
import type { DeskPorts } from './ports.ts';
import { importKeyBody } from './schemas.ts';

/** Makes a client of Stytch's, whose secret is shown, one of the owner's keys. */
export const importOperation = <P extends string>(
  ports: DeskPorts,
  path: P,
  common: { readonly tag: string; readonly door: Door<Subject> },
) =>
  operation({
    ...{ method: 'POST', path, ...common, operationId: 'importUserKey', body: importKeyBody },
    summary: 'Makes a client that was made at Stytch a key of the owner',
    description:
      'The secret is proven at Stytch, once, and kept nowhere. The client must be nobody’s: the first import wins. From then on its tokens name the owner.',
    headers: {
      'idempotency-key': 'Makes a repeat harmless for a day: the same answer',
    },
    answers: {
      200: { description: 'The key, which the client was before', body: KEY },
      201: { description: 'The key', body: KEY, headers: { Location: 'The key' } },
    },
    refusals: [
      ...(['not_found', 'not_configured', 'owner_suspended', 'owner_deleted', 'key_limit_reached'] as const),
      ...(['client_not_proven', 'client_owned', 'client_refused', 'scope_not_grantable'] as const),
      ...(['too_many_attempts', 'conflict', 'idempotency_key_reused', 'idempotency_key_in_use'] as const),
    ],
    handle: async ({ who, body, request, call }) => {
      const { client_id: clientId, client_secret: clientSecret, name, description } = body;
      // The Ring puts the fingerprint of the secret in its place: a hash without a key would be one to guess by.
      const idempotency = await idempotencyOf(request, who, { clientId, name, description });
      if (!idempotency.ok) return idempotency;
      const { owner, author } = who;
      const ring = await ports.ringOf(owner);
      const imported = await ring.importClient({
        ...{ owner, author, clientId, clientSecret, name, description },
        idempotency: idempotency.value,
      });
      if (!imported.ok) return imported;
      const { record, made } = imported.value;
      const location = `${new URL(request.url).pathname.replace(/import$/, '')}${encodeURIComponent(record.keyId)}`;
      return ok(
        json(keyObject(record), made ? 201 : 200, call.requestId, {
          etag: entityTag(record.revision),
          ...(made ? { location } : {}),
        }),
      );
    },
  });
