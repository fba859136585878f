import { describe, expect, it } from 'vitest';
import {
  booked,
  cellsOf,
  emptied,
  type Past,
  present,
  remember,
  rememberLog,
  sized,
  windowsOf,
} from '../../../src/model/lease-past.ts';
import type { Level } from '../../../src/model/lease-wire.ts';

/** A cell of this window is a second; NOW begins one. */
const WINDOW_MS = 128_000;
const NOW = 1_000_000_000;

const opened = (...lengthsMs: readonly number[]): readonly Past[] =>
  (lengthsMs.length === 0 ? [WINDOW_MS] : lengthsMs).map((windowMs) => ({ windowMs, cells: [] }));
const level = (name: Level['name'], perSeconds: number): Level => ({
  ...{ name, requests: 10, perSeconds, free: 0, freesInMs: 0 },
});
const first = (pasts: readonly Past[]): Past => pasts[0] ?? { windowMs: 0, cells: [] };

describe('the past of an isolate', () => {
  it('has one cell for what was admitted in one 128th of the window, from the earliest moment to the latest', () => {
    const pasts = opened();
    for (const [fromMs, toMs, units] of [
      [100, 200, 2],
      [50, 900, 3],
      [300, 400, 1],
      [500, 1_000, 4],
    ] as const)
      remember(pasts, { from: NOW + fromMs, to: NOW + toMs, units }, NOW + 1_000);
    expect(first(pasts).cells).toEqual([NOW + 50, NOW + 900, 6, NOW + 500, NOW + 1_000, 4]);
    expect(cellsOf(pasts)).toBe(2);
  });

  it('puts what comes late into its own cell, though it is not the newest', () => {
    const pasts = opened();
    for (const ms of [0, 2_000, 100])
      remember(pasts, { from: NOW + ms, to: NOW + ms, units: 1 }, NOW + 2_000);
    expect(first(pasts).cells).toEqual([NOW, NOW + 100, 2, NOW + 2_000, NOW + 2_000, 1]);
  });

  it('remembers in every window that there is', () => {
    const pasts = opened(WINDOW_MS, 1_000);
    remember(pasts, { from: NOW, to: NOW, units: 2 }, NOW);
    expect(pasts.map(({ cells }) => cells)).toEqual([
      [NOW, NOW, 2],
      [NOW, NOW, 2],
    ]);
    expect(cellsOf(pasts)).toBe(2);
  });

  it('remembers no units where there are none, and nothing that has left the window', () => {
    const pasts = opened();
    remember(pasts, { from: NOW, to: NOW, units: 0 }, NOW);
    expect(first(pasts).cells).toEqual([]);
    remember(pasts, { from: NOW, to: NOW, units: -1 }, NOW);
    expect(first(pasts).cells).toEqual([]);
    remember(pasts, { from: NOW, to: NOW, units: 1 }, NOW + WINDOW_MS + 11);
    expect(first(pasts).cells).toEqual([]);
    remember(pasts, { from: NOW, to: NOW, units: 1 }, NOW + WINDOW_MS + 10);
    expect(first(pasts).cells).toEqual([NOW, NOW, 1]);
  });

  it('forgets the cells of which even the latest moment has left, wherever they stand', () => {
    const pasts = opened();
    for (const ms of [5_000, 0, 10_000, 1_000])
      remember(pasts, { from: NOW + ms, to: NOW + ms, units: 1 }, NOW + 10_000);
    remember(pasts, { from: NOW, to: NOW, units: 0 }, NOW + 1_000 + WINDOW_MS + 10);
    expect(first(pasts).cells).toEqual([
      ...[NOW + 5_000, NOW + 5_000, 1, NOW + 10_000, NOW + 10_000, 1, NOW + 1_000, NOW + 1_000, 1],
    ]);
    remember(pasts, { from: NOW, to: NOW, units: 0 }, NOW + 5_000 + WINDOW_MS + 11);
    expect(first(pasts).cells).toEqual([NOW + 10_000, NOW + 10_000, 1]);
  });

  it('is the same where the clock has just begun', () => {
    const pasts = opened();
    for (const [to, units] of [
      [500, 2],
      [1_500, 1],
    ] as const)
      remember(pasts, { from: to - 100, to, units }, to);
    expect(first(pasts).cells).toEqual([400, 500, 2, 1_400, 1_500, 1]);
  });

  it('takes up the log of a lease', () => {
    const pasts = opened();
    rememberLog(pasts, [NOW, 2, NOW + 1_500, 3], NOW + 2_000);
    expect(first(pasts).cells).toEqual([NOW, NOW, 2, NOW + 1_500, NOW + 1_500, 3]);
  });
});

describe('of what an isolate admitted', () => {
  const pasts = opened();
  remember(pasts, { from: NOW, to: NOW + 500, units: 2 }, NOW + 500);
  const past = first(pasts);
  const leases = [{ log: [NOW, 1, NOW + 700, 4] }, { log: [] }];

  it('the Ring has on its book what left the isolate’s window last by the earliest moment', () => {
    expect(booked(past, leases, NOW + WINDOW_MS - 1)).toBe(7);
    expect(booked(past, leases, NOW + WINDOW_MS)).toBe(4);
    expect(booked(past, leases, NOW + WINDOW_MS + 700)).toBe(0);
  });

  it('the window has what left it last by the latest moment, and ten milliseconds more', () => {
    expect(present(past, leases, NOW + WINDOW_MS + 9)).toBe(7);
    expect(present(past, leases, NOW + WINDOW_MS + 10)).toBe(6);
    expect(present(past, leases, NOW + WINDOW_MS + 509)).toBe(6);
    expect(present(past, leases, NOW + WINDOW_MS + 510)).toBe(4);
    expect(present(past, leases, NOW + WINDOW_MS + 710)).toBe(0);
  });
});

describe('the windows of a past', () => {
  it('are those that something can slide out of', () => {
    const levels = [level('owner', 60), level('key', 10), level('month', 2_592_000)];
    expect(windowsOf(levels).map(({ name }) => name)).toEqual(['owner', 'key']);
    expect(sized([], levels).map(({ windowMs }) => windowMs)).toEqual([60_000, 10_000]);
  });

  it('are one where two limits are as long as each other', () => {
    expect(sized([], [level('owner', 60), level('key', 60)])).toEqual([{ windowMs: 60_000, cells: [] }]);
  });

  it('stay the same where the limits do', () => {
    const pasts = sized([], [level('owner', 60), level('key', 10)]);
    expect(sized(pasts, [level('owner', 60), level('key', 10)])).toBe(pasts);
    expect(sized(pasts, [level('owner', 60)])).toEqual([pasts[0]]);
    expect(sized(pasts, [level('owner', 10), level('key', 60)])).toEqual([pasts[1], pasts[0]]);
    expect(sized(pasts, [level('owner', 60), level('key', 20)]).map(({ windowMs }) => windowMs)).toEqual([
      60_000, 20_000,
    ]);
  });

  it('keep their past when another limit comes or goes', () => {
    const pasts = opened(WINDOW_MS);
    remember(pasts, { from: NOW, to: NOW, units: 2 }, NOW);
    const both = sized(pasts, [level('owner', 128), level('key', 10)]);
    expect(both[0]).toBe(pasts[0]);
    expect(sized(both, [level('owner', 128)])[0]).toBe(pasts[0]);
  });

  it('of a new length begin with what is known of the longest, as far as it reaches', () => {
    const pasts = opened(1_000, WINDOW_MS, 2_000);
    for (const ms of [0, 60_000, 61_000])
      remember(pasts, { from: NOW + ms - 5, to: NOW + ms, units: 1 }, NOW + ms);
    const known = sized(pasts, [level('owner', 10)]);
    expect(known).toEqual([
      { windowMs: 10_000, cells: [NOW + 59_995, NOW + 60_000, 1, NOW + 60_995, NOW + 61_000, 1] },
    ]);
    const longer = sized(pasts, [level('owner', 100)]);
    expect(first(longer).cells.filter((_, index) => index % 3 === 1)).toEqual([
      NOW,
      NOW + 60_000,
      NOW + 61_000,
    ]);
    expect(sized([], [level('owner', 10)])).toEqual([{ windowMs: 10_000, cells: [] }]);
  });

  it('are empty when nothing that was dated counts any more', () => {
    const pasts = opened(WINDOW_MS, 1_000);
    remember(pasts, { from: NOW, to: NOW, units: 2 }, NOW);
    expect(emptied(pasts)).toEqual(opened(WINDOW_MS, 1_000));
  });
});
