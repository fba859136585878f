// A world of isolates, one Ring and a bad network in virtual time, for the properties of docs/leases.md.
// Test-only: what breaks a rule on purpose is injected here, the code under test has no switches.

import fc from 'fast-check';
import { bookedUnits } from '../../../src/model/book.ts';
import {
  accept as acceptGrant,
  compose,
  failed,
  giveBack,
  inFlight,
  left,
  openPurse,
  type Purse,
  renewalDue,
  spend as spendFrom,
} from '../../../src/model/lease.ts';
import { type Ask, type Grant, type Limit, OWNER_PURSE } from '../../../src/model/lease-wire.ts';
import { type Meter, openMeter, type SavedMeter } from '../../../src/model/meter.ts';

export const KEY = 'key-1';

export type Setup = {
  readonly owner: Limit;
  readonly key: Limit | null;
  readonly unitsPerMonth: number | null;
  readonly leaseMs: number;
  /** Isolates that exaggerate their demand, so that leases are as large as the policy ever grants. */
  readonly greedy: boolean;
  /** For how long isolates may repeat their past. As long as the Ring answers, no ask is then given up. */
  readonly graceMs?: number;
  /** From this step on no message reaches the Ring; those that it sent before still arrive. */
  readonly silentFrom?: number;
};

export type Step = {
  readonly kind: (typeof KINDS)[number];
  readonly who: number;
  readonly pick: number;
  readonly cost: number;
  readonly waitMs: number;
};

const KINDS = [
  'spend', 'spend', 'spend', 'flurry', 'exchange', 'exchange', 'renew', 'report', 'giveBack', 'deliver', 'deliver', 'deliver',
  'duplicate', 'lose', 'resend', 'timeOut', 'die', 'evict', 'isolateBack', 'ringBack',
] as const; // biome-ignore format: a table of weights

export type Admission = {
  readonly at: number;
  readonly cost: number;
  readonly purse: string;
  /** Of no lease, in grace. */
  readonly inGrace?: boolean;
};

/** As much of a meter as the world needs. */
export type Ring = Pick<Meter, 'ask' | 'settle' | 'saved'> & Partial<Pick<Meter, 'save'>>;

/** The rules that can be broken. Each takes what crosses a border and gives back something worse. */
export type Mutant = {
  readonly openRing?: (saved: SavedMeter | null) => Ring;
  readonly tamperAsk?: (ask: Ask, purse: Purse) => Ask;
  readonly tamperGrant?: (grant: Grant, tripMs: number) => Grant;
  /** What the Ring finds after an eviction. */
  readonly survives?: (saved: SavedMeter) => SavedMeter | null;
  /** Ms by which a step moves the Ring's clock forward. */
  readonly ringJumpMs?: number;
  /** Steps of a purse, other than the real ones. */
  readonly spend?: typeof spendFrom;
  readonly accept?: typeof acceptGrant;
  /** An isolate that takes a clock which stepped back for one that stands still. */
  readonly hidesClockSteps?: boolean;
};

type Message =
  | { readonly to: 'ring'; readonly from: Cell; readonly ask: Ask; readonly sentAt: number }
  | {
      readonly to: 'isolate';
      readonly from: Cell;
      readonly grant: Grant;
      readonly decidedAt: number;
      readonly sentAt: number;
    };

/** One purse of one isolate. */
type Cell = {
  purse: Purse;
  readonly name: string;
  alive: boolean;
  readonly waiting: number[];
  readonly asks: Ask[];
  offsetMs: number;
  shownMs: number;
};

const START = Date.UTC(2026, 10, 22);

/** Lives through a schedule and answers every admission, in order of its moment: the spend, or the Ring's decision. */
export const live = (setup: Setup, steps: readonly Step[], mutant: Mutant = {}): Admission[] => {
  const openRing = mutant.openRing ?? openMeter;
  const { graceMs = 0, silentFrom = steps.length } = setup;
  let isSilent = false;
  const admissions: Admission[] = [];
  const network: Message[] = [];
  /** When the Ring booked the answer to an ask: asked again, it repeats itself and books nothing. */
  const decisions = new Map<string, number>();
  let now = START;
  let ringOffsetMs = 0;
  let born = 0;
  let stored: SavedMeter | null = null;
  const disk = openDisk();
  let ring = openRing(null);

  const birth = (name: string, offsetMs: number): Cell => {
    const isolate = `isolate-${born++}`;
    let asked = 0;
    const newLeaseId = () => `${isolate}-${name}-${asked++}`;
    const purse = openPurse({ isolate, leaseMs: setup.leaseMs, newLeaseId, graceMs }, name);
    return { purse, name, alive: true, waiting: [], asks: [], offsetMs, shownMs: 0 };
  };
  const names = setup.key ? [OWNER_PURSE, KEY, OWNER_PURSE] : [OWNER_PURSE, OWNER_PURSE];
  const cells = names.map((name, index) => birth(name, index * 977_777));

  const clockOf = (cell: Cell): number => {
    const clock = now + cell.offsetMs;
    cell.shownMs = mutant.hidesClockSteps ? Math.max(cell.shownMs, clock) : clock;
    return cell.shownMs;
  };
  const send = (cell: Cell, ask: Ask): void => {
    cell.asks.push(ask);
    const demand = setup.greedy ? { rate: 1000, used: 1000 } : {};
    const sent = { ...ask, ...demand };
    network.push({ to: 'ring', from: cell, ask: mutant.tamperAsk?.(sent, cell.purse) ?? sent, sentAt: now });
  };
  const ask = (cell: Cell): void => {
    if (cell.waiting.length === 0 || inFlight(cell.purse).waiting) return;
    send(cell, compose(cell.purse, cell.waiting.splice(0), clockOf(cell)));
  };
  const spend = (cell: Cell, cost: number, seenBefore = false): void => {
    const before = left(cell.purse, clockOf(cell));
    const { outcome } = (mutant.spend ?? spendFrom)(cell.purse, cost, clockOf(cell), { seenBefore });
    if (outcome === 'spent') admissions.push({ at: now, cost, purse: cell.name, inGrace: before < cost });
    if (outcome === 'ask') cell.waiting.push(cost);
  };

  const arrive = (message: Message): void => {
    const { from: cell, sentAt } = message;
    if (message.to === 'ring') {
      if (isSilent) return;
      const key = message.ask.purse === KEY ? setup.key : null;
      const copy = structuredClone(message.ask);
      const clock = now + ringOffsetMs;
      ring.settle(copy.reports, clock);
      const before = unitsOf(ring.saved());
      const answer = ring.ask(copy, { ...setup, key }, clock);
      stored = disk.keep(ring);
      if (unitsOf(stored) > before) decisions.set(copy.leaseId, now);
      const decidedAt = decisions.get(copy.leaseId) ?? now;
      network.push({ to: 'isolate', from: cell, grant: structuredClone(answer), decidedAt, sentAt });
      return;
    }
    if (!cell.alive) return;
    const grant = mutant.tamperGrant?.(message.grant, now - sentAt) ?? message.grant;
    const costs = cell.asks.find((one) => one.leaseId === grant.leaseId)?.costs ?? [];
    const verdicts = (mutant.accept ?? acceptGrant)(cell.purse, grant, clockOf(cell), 0.5);
    verdicts.forEach((verdict, index) => {
      const cost = costs[index] ?? 0;
      if (verdict === 'admitted') admissions.push({ at: message.decidedAt, cost, purse: cell.name });
      if (verdict === 'again') spend(cell, cost, true);
    });
    ask(cell);
  };
  const take = (pick: number): Message | undefined =>
    network.splice(pick % Math.max(1, network.length), 1)[0];

  const act = (step: Step): void => {
    const cell = cells[step.who % cells.length] as Cell;
    const clock = clockOf(cell);
    const latest = cell.asks.at(-1);
    switch (step.kind) {
      case 'spend':
      case 'flurry':
        for (let count = step.kind === 'flurry' ? 8 : 1; count > 0; count--) spend(cell, step.cost);
        ask(cell);
        return;
      case 'renew':
        if (!inFlight(cell.purse).background) send(cell, compose(cell.purse, [], clock));
        return;
      case 'report':
        send(cell, compose(cell.purse, [], clock, { wantsLease: false }));
        return;
      case 'giveBack': {
        const reports = giveBack(cell.purse, clock);
        send(cell, { ...compose(cell.purse, [], clock, { wantsLease: false }), reports });
        return;
      }
      case 'exchange': {
        ask(cell);
        if (!inFlight(cell.purse).waiting && !inFlight(cell.purse).background)
          send(cell, compose(cell.purse, [], clock));
        for (let hops = 0; hops < 2; hops++) {
          const mine = network.findLastIndex((message) => message.from === cell);
          for (const message of mine < 0 ? [] : network.splice(mine, 1)) arrive(message);
        }
        return;
      }
      case 'deliver': {
        const message = take(step.pick);
        if (message) arrive(message);
        return;
      }
      case 'duplicate': {
        const message = network[step.pick % Math.max(1, network.length)];
        if (message) arrive(message);
        return;
      }
      case 'lose':
        take(step.pick);
        return;
      case 'resend':
        if (latest)
          network.push({
            to: 'ring',
            from: cell,
            ask: mutant.tamperAsk?.(latest, cell.purse) ?? latest,
            sentAt: now,
          });
        return;
      case 'timeOut':
        if (graceMs > 0 && !isSilent) return;
        for (const one of cell.asks) failed(cell.purse, one.leaseId, clock, 0.5);
        return;
      case 'die':
        cell.alive = false;
        cells[step.who % cells.length] = birth(cell.name, cell.offsetMs);
        return;
      case 'evict':
        ring = openRing(stored && (mutant.survives ?? ((saved) => saved))(stored));
        return;
      case 'isolateBack':
        // A step back is noticed when the clock was looked at before and after it.
        renewalDue(cell.purse, clock);
        cell.offsetMs -= 1 + step.pick * 300;
        renewalDue(cell.purse, clockOf(cell));
        return;
      case 'ringBack':
        ringOffsetMs += mutant.ringJumpMs ?? -step.pick * 100;
    }
  };

  steps.forEach((step, index) => {
    isSilent = index >= silentFrom;
    now += step.waitMs;
    act(step);
  });
  return admissions.sort((one, other) => one.at - other.at);
};

/** What a Ring writes before its answer leaves: a row of its own, and one for each key with a book. */
const openDisk = () => {
  const books = new Map<string, string>();
  return {
    /** Writes what is new, and gives what there is then. */
    keep: (ring: Ring): SavedMeter => {
      let whole = JSON.stringify(ring.saved());
      ring.save?.(({ keys, ...meter }) => {
        for (const [purse, book] of Object.entries(keys)) {
          if (book === null) books.delete(purse);
          else books.set(purse, JSON.stringify(book));
        }
        const rows = [...books].map(([purse, book]) => [purse, JSON.parse(book)]);
        whole = JSON.stringify({ ...meter, keys: Object.fromEntries(rows) });
      });
      return JSON.parse(whole) as SavedMeter;
    },
  };
};

const unitsOf = (saved: SavedMeter | null): number => (saved?.owner ? bookedUnits(saved.owner) : 0);

/** The most units that any half-open window of `seconds` holds. */
export const worstWindow = (admissions: readonly Admission[], seconds: number): number => {
  let worst = 0;
  let sum = 0;
  let first = 0;
  for (const admission of admissions) {
    sum += admission.cost;
    for (;;) {
      const oldest = admissions[first] as Admission;
      if (admission.at - oldest.at < seconds * 1000) break;
      sum -= oldest.cost;
      first++;
    }
    worst = Math.max(worst, sum);
  }
  return worst;
};

/** Which promises a schedule broke. */
export const broken = (setup: Setup, admissions: readonly Admission[]): string[] => {
  const ofKey = admissions.filter((admission) => admission.purse === KEY);
  const total = admissions.reduce((sum, admission) => sum + admission.cost, 0);
  return [
    ...(worstWindow(admissions, setup.owner.perSeconds) > setup.owner.requests ? ['owner'] : []),
    ...(setup.key && worstWindow(ofKey, setup.key.perSeconds) > setup.key.requests ? ['key'] : []),
    ...(setup.unitsPerMonth !== null && total > setup.unitsPerMonth ? ['month'] : []),
  ];
};

export const stepOf: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...KINDS),
  who: fc.nat(2),
  pick: fc.nat(7),
  cost: fc.constantFrom(1, 1, 1, 2, 3),
  waitMs: fc.oneof(fc.constantFrom(0, 0, 5, 125, 250, 500), fc.nat(900)),
});

const limitOf = (greatest: number): fc.Arbitrary<Limit> =>
  fc.record({ requests: fc.integer({ min: 1, max: greatest }), perSeconds: fc.integer({ min: 1, max: 3 }) });

/** One limit only. */
export const plainSetup: fc.Arbitrary<Setup> = fc.record({
  owner: limitOf(8),
  key: fc.constant(null),
  unitsPerMonth: fc.constant(null),
  leaseMs: fc.constantFrom(500, 1000, 2000),
  greedy: fc.boolean(),
});

/** Owner, key and month at once. */
export const fullSetup: fc.Arbitrary<Setup> = fc.record({
  owner: limitOf(8),
  key: limitOf(5),
  unitsPerMonth: fc.oneof(fc.constant(null), fc.integer({ min: 1, max: 30 })),
  leaseMs: fc.constantFrom(500, 1000, 2000),
  greedy: fc.boolean(),
});

export const schedule = (least = 10, most = 70): fc.Arbitrary<Step[]> =>
  fc.array(stepOf, { minLength: least, maxLength: most, size: 'max' });
