import type { Keys } from '../model/keys.ts';
import { checked } from './body.ts';
import { idempotencyNamed } from './idempotency.ts';
import type { DeskPorts } from './ports.ts';
import {
  auditQuery,
  createKeyBody,
  keysUsageQuery,
  listKeysQuery,
  patchKeyBody,
  rotateKeyBody,
  usageQuery,
} from './schemas.ts';
import { createWork } from './work/index.ts';

/** The work on keys for pages: behind the same schemas as the JSON endpoints. */
export const createKeys = (ports: DeskPorts): Keys => {
  const work = createWork(ports);
  return {
    create: (who, asked, once) =>
      checked(createKeyBody, asked, async (body) =>
        work.keys.create(who, body, await idempotencyNamed(once, 'create', who, body)),
      ),
    list: (who, asked) => checked(listKeysQuery, asked, (query) => work.keys.list(who, query)),
    get: work.keys.get,
    change: (who, keyId, asked, revision) =>
      checked(patchKeyBody, asked, (body) => work.keys.change(who, keyId, body, revision)),
    revoke: work.keys.revoke,
    rotate: (who, keyId, asked, once) =>
      checked(rotateKeyBody, asked, async (body) =>
        work.keys.rotate(who, keyId, body, await idempotencyNamed(once, `rotate ${keyId}`, who, body)),
      ),
    endRotation: work.keys.endRotation,
    usage: (who, keyId, asked) => checked(usageQuery, asked, (query) => work.usage(who, keyId, query)),
    usageOfKeys: (who, asked) => checked(keysUsageQuery, asked, (query) => work.usageOfKeys(who, query)),
    audit: (who, asked) => checked(auditQuery, asked, (query) => work.audit(who, query)),
    limits: work.limits,
    about: work.owners.about,
  };
};
