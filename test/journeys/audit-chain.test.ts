import { runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { type ChainedEntry, chain, genesis, verifyChain } from '../../src/model/audit-chain.ts';
import { openKeychain } from '../../src/model/keychain.ts';
import { auditEntry, KEY, RING } from '../unit/model/audit-rows.ts';
import { masterKeys, rooms } from '../world.ts';

describe('an audit trail in workerd', () => {
  it('is chained inside a transaction of a Ring, and is good', async () => {
    const { id, auditKey } = (await openKeychain(masterKeys())).current;
    const key = { id, key: auditKey };
    const rows = await runInDurableObject(rooms.KEY_RING.getByName('a-ring'), (_ring, { storage }) =>
      storage.transactionSync(() => {
        const made: ChainedEntry[] = [];
        for (let seq = 1; seq <= 3; seq++)
          made.push(chain(RING, made.at(-1)?.mac ?? genesis(RING), auditEntry(seq), key));
        return made;
      }),
    );
    expect(verifyChain(RING, rows, [key])).toMatchObject({ ok: true, entries: 3 });
    const altered = rows.map((row) => (row.seq === 2 ? { ...row, address: null } : row));
    expect(verifyChain(RING, altered, [key])).toEqual({ ok: false, seq: 2, because: 'altered' });
  });

  it('has the macs that it has in Node', () => {
    // Computed with Node's node:crypto, by test/unit/model/audit-chain.test.ts's definition.
    expect(genesis(RING)).toBe('Pa_QS1uNdm5OXc7OiF-mRqvh91biC5xrzaNJFWo8JHQ');
    expect(chain(RING, genesis(RING), auditEntry(1), KEY).mac).toBe(
      'hb7U-gOYn7YxYcNL291aJCSxvw7L_B5xbD4fvEG9Sqk',
    );
  });
});
