import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTOR_KINDS, chain, genesis, verifyChain } from '../../../src/model/audit-chain.ts';
import {
  auditObject,
  readAuditAnchor,
  readAuditHead,
  readAuditObject,
} from '../../../src/model/audit-wire.ts';
import { auditEntry, KEY, RING, trail } from './audit-rows.ts';

const [ROW] = trail(1);
if (ROW === undefined) throw new Error('a trail of one row has one row');
const OBJECT = auditObject(ROW);
const MAC = ROW.mac;

describe('a row on the wire', () => {
  it('has the names and times that the API has', () => {
    expect(OBJECT).toEqual({
      seq: 1,
      at: '2026-11-01T12:00:01.000Z',
      action: 'key.created',
      actor: { kind: 'user', id: 'user-test-1' },
      via: 'session-test-1',
      key_id: `acme_test_${'A'.repeat(28)}`,
      address: '192.0.2.1',
      country: 'DE',
      request_id: 'request-1',
      details: { name: 'CI', scopes: ['items:read'], expires_at: null },
      master_key: '2026',
      mac: MAC,
    });
  });

  it('is read as what it was, in its chain, whatever it says', () => {
    const text = fc.option(fc.string({ unit: 'binary' }));
    const entry = fc.record({
      seq: fc.constant(1),
      at: fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }),
      action: fc.string(),
      actor: fc.record({ kind: fc.constantFrom(...ACTOR_KINDS), id: text }),
      ...{ via: text, keyId: text, address: text, country: text, requestId: text },
      details: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 8 })),
    });
    fc.assert(
      fc.property(entry, (each) => {
        const row = chain(RING, genesis(RING), each, KEY);
        for (const line of [auditObject(row), { type: 'audit', ...auditObject(row) }]) {
          const read = readAuditObject(JSON.parse(JSON.stringify(line)));
          expect(read).toEqual(JSON.parse(JSON.stringify(row)));
          expect(read && verifyChain(RING, [read], [KEY])).toMatchObject({ ok: true });
        }
      }),
    );
  });

  it.each([
    ['one of another type', { type: 'key' }],
    ['one with a member more', { note: 'x' }],
    ['one with an actor that has a member more', { actor: { kind: 'user', id: null, name: 'x' } }],
    ['one of an actor of no kind', { actor: { kind: 'root', id: null } }],
    ['one without a number', { seq: undefined }],
    ['one with a number as a text', { seq: '1' }],
    ['one with no whole number', { seq: 1.5 }],
    ['one with the number 0', { seq: 0 }],
    ['one with a number beyond all', { seq: 2 ** 53 }],
    ['one with its time in milliseconds', { at: 1793534401000 }],
    ['one with its time in another zone', { at: '2026-11-01T13:00:01.000+01:00' }],
    ['one with a time without milliseconds', { at: '2026-11-01T12:00:01Z' }],
    ['one with more than milliseconds', { at: '2026-11-01T12:00:01.0000Z' }],
    ['one on the 31st of February', { at: '2026-02-31T12:00:01.000Z' }],
    ['one in the 25th hour', { at: '2026-11-01T25:00:01.000Z' }],
    ['one with a space for the T', { at: '2026-11-01 12:00:01.000Z' }],
    ['one without an address, not even null', { address: undefined }],
    ['one with details that are a list', { details: [] }],
    ['one with details that are null', { details: null }],
    ['one with details that have no bottom', { details: nested(1000) }],
    ['one with a mac that is too short', { mac: MAC.slice(1) }],
    ['one with a mac in base64', { mac: `+${MAC.slice(1)}` }],
  ])('is not %s', (_, members) => {
    expect(readAuditObject(OBJECT)).not.toBeNull();
    expect(readAuditObject(JSON.parse(JSON.stringify({ ...OBJECT, ...members })))).toBeNull();
  });

  it.each([[null], [[]], ['x'], [1], [{}], [[OBJECT]]])('is not %j', (value) => {
    expect(readAuditObject(value)).toBeNull();
  });

  it('is not one with a hidden member named __proto__', () => {
    const line = JSON.stringify(OBJECT);
    expect(readAuditObject(JSON.parse(line))).not.toBeNull();
    expect(readAuditObject(JSON.parse(`{"__proto__":{},${line.slice(1)}`))).toBeNull();
  });

  it('keeps a member of its details that is named __proto__', () => {
    const details = JSON.parse('{"__proto__":{"a":1}}');
    const [row] = [chain(RING, genesis(RING), auditEntry(1, { details }), KEY)];
    const read = readAuditObject(JSON.parse(JSON.stringify(auditObject(row))));
    expect(JSON.stringify(read?.details)).toBe('{"__proto__":{"a":1}}');
  });
});

describe('an anchor on the wire', () => {
  it('is read as the last row that was pruned', () => {
    expect(readAuditAnchor({ type: 'audit_anchor', seq: 7, mac: MAC })).toEqual({ seq: 7, mac: MAC });
  });

  it.each([
    [null],
    [{ seq: 7, mac: MAC }],
    [{ type: 'audit', seq: 7, mac: MAC }],
    [{ type: 'audit_anchor', seq: 0, mac: MAC }],
    [{ type: 'audit_anchor', seq: 7, mac: '' }],
    [{ type: 'audit_anchor', seq: 7, mac: MAC, ring: RING }],
  ])('is not %j', (value) => {
    expect(readAuditAnchor(value)).toBeNull();
  });
});

describe('an exported head', () => {
  it('is read whatever else it says', () => {
    const head = { ring: RING, seq: 7, mac: MAC };
    expect(readAuditHead({ ...head, exported_at: '2026-11-01T12:00:00.000Z' })).toEqual(head);
  });

  it.each([[null], [{ seq: 7, mac: MAC }], [{ ring: RING, seq: '7', mac: MAC }], [{ ring: RING, seq: 7 }]])(
    'is not %j',
    (value) => {
      expect(readAuditHead(value)).toBeNull();
    },
  );
});

function nested(levels: number): object {
  let value = {};
  for (let level = 0; level < levels; level++) value = { a: value };
  return value;
}
