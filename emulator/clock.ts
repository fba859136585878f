import type { Project } from './project.ts';
import { readSetting, writeSetting } from './settings.ts';

/** How the emulator's clock differs from the real one. */
type Shift = { readonly offsetMs: number; readonly frozenMs: number | null };

const REAL: Shift = { offsetMs: 0, frozenMs: null };

/** The emulator's time in milliseconds; everything that expires asks this. */
export const nowMs = (project: Project): number => {
  const shift = readSetting(project, 'clock', REAL);
  return shift.frozenMs ?? Date.now() + shift.offsetMs;
};

/** The emulator's time as a NumericDate. */
export const nowSeconds = (project: Project): number => Math.floor(nowMs(project) / 1000);

/** RFC 3339 UTC with microseconds, as Stytch's objects have it. */
export const timestamp = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');

/** RFC 3339 UTC to the second, as Stytch's session JWTs have it. */
export const shortTimestamp = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');

/** What `POST /_emulator/clock` may say. */
export type ClockMove = {
  readonly advanceSeconds?: number;
  /** RFC 3339, or seconds since 1970. */
  readonly now?: string | number;
  /** true stops the clock, false lets it run on from where it stands. */
  readonly frozen?: boolean;
  readonly reset?: boolean;
};

/** Moves, stops or resets the clock; false when the move makes no sense. */
export const moveClock = (project: Project, move: ClockMove): boolean => {
  const target = targetMs(move.reset === true ? Date.now() : nowMs(project), move);
  if (!Number.isFinite(target)) return false;
  const frozen =
    move.frozen ?? (move.reset !== true && readSetting(project, 'clock', REAL).frozenMs !== null);
  const offsetMs = move.reset === true && isStill(move) ? 0 : target - Date.now();
  writeSetting(project, 'clock', { offsetMs, frozenMs: frozen ? target : null });
  return true;
};

const isStill = (move: ClockMove): boolean => move.now === undefined && move.advanceSeconds === undefined;

const targetMs = (fromMs: number, move: ClockMove): number => {
  const base =
    move.now === undefined ? fromMs : typeof move.now === 'number' ? move.now * 1000 : Date.parse(move.now);
  return Math.round(base + (move.advanceSeconds ?? 0) * 1000);
};

/** The clock as the side door shows it. */
export const showClock = (project: Project) => {
  const ms = nowMs(project);
  const { frozenMs } = readSetting(project, 'clock', REAL);
  return {
    now: timestamp(ms),
    epochSeconds: Math.floor(ms / 1000),
    offsetSeconds: Math.round((ms - Date.now()) / 1000),
    frozen: frozenMs !== null,
  };
};
