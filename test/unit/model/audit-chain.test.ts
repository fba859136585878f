import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ACTOR_KINDS,
  type AuditEntry,
  type ChainedEntry,
  type ChainHead,
  chain,
  genesis,
  verifyChain,
} from '../../../src/model/audit-chain.ts';
import { auditEntry, auditKey, chained, KEY, RING, trail } from './audit-rows.ts';

const OTHER_RING = 'GFEDCBA9876543210';
const headOf = (entries: readonly ChainedEntry[], seq = entries.length): ChainHead => {
  const entry = entries[seq - 1];
  if (entry === undefined) throw new Error(`no row ${seq}`);
  return { seq: entry.seq, mac: entry.mac };
};
const verify = (entries: readonly ChainedEntry[], head?: ChainHead, anchor?: ChainHead) =>
  verifyChain(RING, entries, [KEY], anchor, head);

describe('a chained row', () => {
  /** Each text behind its length in 32 bits. */
  const framedByHand = (...texts: readonly string[]): Buffer =>
    Buffer.concat(
      texts.flatMap((text) => {
        const length = Buffer.alloc(4);
        length.writeUInt32BE(Buffer.byteLength(text));
        return [length, Buffer.from(text)];
      }),
    );

  it('has the mac that its definition says, from version to version', () => {
    const first = createHash('sha256').update(framedByHand('audit', RING)).digest('base64url');
    expect(genesis(RING)).toBe(first);
    const entry = auditEntry(1, { details: { z: 1, a: { y: [true, null], b: 'é' } }, country: null });
    const canonical =
      '{"action":"key.created","actor":{"id":"user-test-1","kind":"user"},"address":"192.0.2.1","at":1793534401000,' +
      '"country":null,"details":{"a":{"b":"é","y":[true,null]},"z":1},"keyId":"acme_test_AAAAAAAAAAAAAAAAAAAAAAAAAAAA",' +
      '"requestId":"request-1","seq":1,"via":"session-test-1"}';
    const mac = createHmac('sha256', KEY.key)
      .update(framedByHand(RING, first, canonical, KEY.id))
      .digest('base64url');
    expect(chain(RING, first, entry, KEY)).toEqual({ ...entry, masterKey: KEY.id, mac });
  });

  it('has a mac of its own for each ring, row before it, master key and name of one', () => {
    const entry = auditEntry(2);
    const [before, other] = [genesis(RING), genesis(OTHER_RING)];
    const macs = [
      chain(RING, before, entry, KEY),
      chain(OTHER_RING, before, entry, KEY),
      chain(RING, other, entry, KEY),
      chain(RING, before, entry, auditKey('2025')),
      chain(RING, before, entry, { ...KEY, id: '2025' }),
    ].map(({ mac }) => mac);
    expect(new Set(macs).size).toBe(macs.length);
    for (const mac of macs) expect(mac).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('has the same mac in whatever order the members of its details were put', () => {
    const one = { b: [{ d: 1, c: 2 }], a: 'x', '10': 0, '9': 0 };
    const two = { '9': 0, a: 'x', '10': 0, b: [{ c: 2, d: 1 }] };
    const [first, second] = [one, two].map((details) => chained([auditEntry(1, { details })])[0]?.mac);
    expect(first).toBe(second);
  });

  const details = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }));

  it('still fits after it was kept as JSON, whatever its details were', () => {
    const loose = fc.dictionary(
      fc.string({ unit: 'binary' }),
      fc.oneof(fc.jsonValue(), fc.double(), fc.constant(undefined), fc.string({ unit: 'binary' })),
    );
    fc.assert(
      fc.property(fc.oneof(details, loose), (each) => {
        const kept = JSON.parse(JSON.stringify(chained([auditEntry(1, { details: each })])));
        expect(verify(kept)).toMatchObject({ ok: true, entries: 1 });
      }),
    );
  });

  it('takes nothing for the same that differs in its details', () => {
    fc.assert(
      fc.property(details, details, (a, b) => {
        const same = macOf({ details: a }) === macOf({ details: b });
        expect(same).toBe(isSameJson(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b))));
      }),
    );
  });

  it.each([
    ['a member named __proto__', '{"__proto__":{"a":1}}', '{}'],
    ['a lone surrogate', '{"a":"\\ud800"}', '{"a":"\\ufffd"}'],
    ['a number as a text', '{"a":1}', '{"a":"1"}'],
    ['an empty array for an object', '{"a":[]}', '{"a":{}}'],
    ['nested arrays', '{"a":[[1],2]}', '{"a":[1,[2]]}'],
  ])('tells %s from what is like it', (_, one, two) => {
    expect(macOf({ details: JSON.parse(one) })).not.toBe(macOf({ details: JSON.parse(two) }));
  });

  const macOf = (members: Partial<AuditEntry>) => chained([auditEntry(1, members)])[0]?.mac;

  const isSameJson = (a: unknown, b: unknown): boolean => {
    if (typeof a !== 'object' || a === null || typeof b !== 'object' || b === null) return a === b;
    const names = Object.keys(a);
    return (
      Array.isArray(a) === Array.isArray(b) &&
      names.length === Object.keys(b).length &&
      names.every(
        (name) =>
          Object.hasOwn(b, name) &&
          isSameJson(
            Object.getOwnPropertyDescriptor(a, name)?.value,
            Object.getOwnPropertyDescriptor(b, name)?.value,
          ),
      )
    );
  };
});

describe('an untouched trail', () => {
  it('is good, and its head is the last row', () => {
    const rows = trail(42);
    expect(verify(rows)).toEqual({ ok: true, entries: 42, head: headOf(rows) });
  });

  it('of no row is good, and has no head', () => {
    expect(verify([])).toEqual({ ok: true, entries: 0, head: null });
  });

  it('is good over several master keys, in whatever order they are given', () => {
    const [old, current] = [auditKey('2025'), auditKey('2026')];
    const rows = chained(
      [1, 2, 3, 4].map((seq) => auditEntry(seq)),
      (seq) => (seq < 3 ? old : current),
    );
    for (const keys of [
      [old, current],
      [current, old],
    ])
      expect(verifyChain(RING, rows, keys)).toEqual({ ok: true, entries: 4, head: headOf(rows) });
  });

  it('that was pruned is good behind its anchor', () => {
    const rows = trail(10);
    const anchor = headOf(rows, 6);
    expect(verify(rows.slice(6), undefined, anchor)).toEqual({ ok: true, entries: 4, head: headOf(rows) });
    expect(verify([], undefined, anchor)).toEqual({ ok: true, entries: 0, head: anchor });
  });

  it('is good against each head that was exported of it', () => {
    const rows = trail(10);
    for (let seq = 1; seq <= 10; seq++) expect(verify(rows, headOf(rows, seq))).toMatchObject({ ok: true });
    const anchor = headOf(rows, 6);
    for (let seq = 6; seq <= 10; seq++)
      expect(verify(rows.slice(6), headOf(rows, seq), anchor)).toMatchObject({ ok: true });
  });
});

/** Another value for each member of a row. */
const ALTERATIONS: Readonly<Record<keyof ChainedEntry, (row: ChainedEntry) => Partial<ChainedEntry>>> = {
  seq: ({ seq }) => ({ seq: seq + 1 }),
  at: ({ at }) => ({ at: at + 1 }),
  action: () => ({ action: 'key.revoked' }),
  actor: ({ actor }) => ({ actor: { ...actor, id: 'user-test-2' } }),
  via: () => ({ via: null }),
  keyId: () => ({ keyId: null }),
  address: () => ({ address: '192.0.2.2' }),
  country: () => ({ country: 'FR' }),
  requestId: () => ({ requestId: 'request-2' }),
  details: ({ details }) => ({ details: { ...details, name: 'ci' } }),
  masterKey: () => ({ masterKey: '2025' }),
  mac: ({ mac }) => ({ mac: `${mac.startsWith('A') ? 'B' : 'A'}${mac.slice(1)}` }),
};

describe('an altered trail', () => {
  const place = fc
    .integer({ min: 3, max: 12 })
    .chain((length) => fc.record({ length: fc.constant(length), seq: fc.integer({ min: 1, max: length }) }));
  const changed = (rows: readonly ChainedEntry[], seq: number, members: Partial<ChainedEntry>) =>
    rows.map((row) => (row.seq === seq ? { ...row, ...members } : row));

  it.each(Object.keys(ALTERATIONS) as (keyof ChainedEntry)[])(
    'names the row whose %s was altered',
    (name) => {
      fc.assert(
        fc.property(place, ({ length, seq }) => {
          const rows = trail(length);
          const row = rows[seq - 1];
          const altered = row === undefined ? rows : changed(rows, seq, ALTERATIONS[name](row));
          const because = name === 'seq' ? 'missing' : 'altered';
          expect(verifyChain(RING, altered, [KEY, auditKey('2025')])).toEqual({ ok: false, seq, because });
        }),
      );
    },
  );

  it('names the row whose actor became another kind', () => {
    for (const kind of ACTOR_KINDS.slice(1))
      expect(verify(changed(trail(3), 2, { actor: { kind, id: 'user-test-1' } }))).toEqual({
        ok: false,
        seq: 2,
        because: 'altered',
      });
  });

  it('names the first of several altered rows', () => {
    const rows = changed(changed(trail(9), 7, { action: 'x' }), 4, { country: null });
    expect(verify(rows)).toEqual({ ok: false, seq: 4, because: 'altered' });
  });

  it('names the row that was taken out', () => {
    fc.assert(
      fc.property(place, ({ length, seq }) => {
        fc.pre(seq < length);
        const rows = trail(length).filter((row) => row.seq !== seq);
        expect(verify(rows)).toEqual({ ok: false, seq, because: 'missing' });
      }),
    );
  });

  it('names the gap where a row was taken out and those behind it were renumbered', () => {
    const rows = trail(6).filter(({ seq }) => seq !== 3);
    const renumbered = rows.map((row, i) => ({ ...row, seq: i + 1 }));
    expect(verify(renumbered)).toEqual({ ok: false, seq: 3, because: 'altered' });
  });

  it('names the first place where rows were swapped', () => {
    fc.assert(
      fc.property(place, fc.integer({ min: 1, max: 11 }), ({ length, seq }, distance) => {
        fc.pre(seq + distance <= length);
        const rows = [...trail(length)];
        const [one, other] = [rows[seq - 1], rows[seq + distance - 1]];
        if (one !== undefined && other !== undefined) rows.splice(seq - 1, 1, other);
        if (one !== undefined) rows.splice(seq + distance - 1, 1, one);
        expect(verify(rows)).toEqual({ ok: false, seq, because: 'out_of_order' });
      }),
    );
  });

  it('names the place where a row stands again', () => {
    const rows = trail(4);
    expect(verify([...rows.slice(0, 2), ...rows.slice(1)])).toEqual({
      ok: false,
      seq: 3,
      because: 'out_of_order',
    });
    expect(verify([...rows, ...rows.slice(3)])).toEqual({ ok: false, seq: 5, because: 'out_of_order' });
  });

  it('names a row that was put in from another trail', () => {
    const theirs = chain(OTHER_RING, genesis(OTHER_RING), auditEntry(1), KEY);
    expect(verify([theirs, ...trail(3).slice(1)])).toEqual({ ok: false, seq: 1, because: 'altered' });
    expect(verifyChain(OTHER_RING, trail(3), [KEY])).toEqual({ ok: false, seq: 1, because: 'altered' });
  });

  it('names a row that somebody chained anew under a key of his own', () => {
    const rows = trail(5);
    const forged = chain(RING, rows[2]?.mac ?? '', auditEntry(4), { ...auditKey('x'), id: KEY.id });
    expect(verify([...rows.slice(0, 3), forged])).toEqual({ ok: false, seq: 4, because: 'altered' });
  });

  it('names the first row of a master key that was not given', () => {
    const rows = chained(
      [1, 2, 3].map((seq) => auditEntry(seq)),
      (seq) => auditKey(seq < 2 ? '2026' : '2027'),
    );
    expect(verify(rows)).toEqual({ ok: false, seq: 2, because: 'unknown_key' });
  });

  it('without its first rows is missing the first, unless an anchor stands for them', () => {
    const rows = trail(8);
    expect(verify(rows.slice(5))).toEqual({ ok: false, seq: 1, because: 'missing' });
    expect(verify(rows.slice(5), undefined, headOf(rows, 4))).toEqual({
      ok: false,
      seq: 5,
      because: 'missing',
    });
  });

  it('names the row behind an anchor that is not the one before it', () => {
    const rows = trail(8);
    const anchor = { ...headOf(rows, 5), mac: genesis(RING) };
    expect(verify(rows.slice(5), undefined, anchor)).toEqual({ ok: false, seq: 6, because: 'altered' });
  });
});

describe('a trail that was cut off', () => {
  it('is good by itself, and against an exported head is missing what came next', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 0, max: 9 }), (length, left) => {
        fc.pre(left < length);
        const rows = trail(length);
        const cut = rows.slice(0, left);
        expect(verify(cut)).toMatchObject({ ok: true, entries: left });
        expect(verify(cut, headOf(rows))).toEqual({ ok: false, seq: left + 1, because: 'missing' });
      }),
    );
  });

  it('behind an anchor is missing what came next', () => {
    const rows = trail(9);
    expect(verify(rows.slice(4, 6), headOf(rows), headOf(rows, 4))).toEqual({
      ok: false,
      seq: 7,
      because: 'missing',
    });
  });

  it('names what was altered before what was cut off', () => {
    const rows = trail(9);
    const cut = rows.slice(0, 6).map((row) => (row.seq === 2 ? { ...row, action: 'x' } : row));
    expect(verify(cut, headOf(rows))).toEqual({ ok: false, seq: 2, because: 'altered' });
  });
});

describe('a trail that was written anew by who has the master key', () => {
  it('is not that of the exported head', () => {
    const head = headOf(trail(7), 5);
    const anew = chained(Array.from({ length: 7 }, (_, i) => auditEntry(i + 1, { country: 'FR' })));
    expect(verify(anew)).toMatchObject({ ok: true });
    expect(verify(anew, head)).toEqual({ ok: false, seq: 5, because: 'not_the_head' });
  });

  it('is not known to be that of a head that was pruned', () => {
    const rows = trail(7);
    const anchor = headOf(rows, 4);
    expect(verify(rows.slice(4), headOf(rows, 3), anchor)).toEqual({
      ok: false,
      seq: 3,
      because: 'head_pruned',
    });
    expect(verify(rows.slice(4), { seq: 4, mac: genesis(RING) }, anchor)).toEqual({
      ok: false,
      seq: 4,
      because: 'not_the_head',
    });
  });
});
