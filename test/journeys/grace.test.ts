import { describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import settings from '../settings.ts';
import { isolate, issueKey, signIn } from '../world.ts';

const GRACE_SECONDS = 60;
const graceful = () => isolate({}, latchkeyFor({ ...settings, ringGraceSeconds: GRACE_SECONDS }));

describe('ringGraceSeconds', () => {
  it.each([
    ['counts in effective_by', graceful, 5 + GRACE_SECONDS],
    ['is 0 by default', () => isolate(), 5],
  ] as const)('%s', async (_, open, seconds) => {
    const session = await signIn();
    const { key_id } = await issueKey(session);
    const before = Date.now();
    const revoked = await open().desk(session, 'DELETE', `/v1/keys/${key_id}`);
    const { effective_by } = (await revoked.json()) as { effective_by: string };
    expect(Date.parse(effective_by) - seconds * 1000).toBeGreaterThanOrEqual(before);
    expect(Date.parse(effective_by) - seconds * 1000).toBeLessThanOrEqual(Date.now());
  });
});
