import { equalInConstantTime } from '../../model/bytes.ts';
import { DEVICE_INTERVAL_SECONDS } from '../../model/device-code.ts';
import type {
  DeviceBegun,
  DeviceOpening,
  DevicePoll,
  DevicePolled,
  DeviceRuling,
  DeviceSettlement,
  NewDevice,
  WaitingDevice,
} from '../../model/device-lobby.ts';
import { retryAfterOf } from '../../model/retry-after.ts';
import { DEVICE_KEPT_MS, type DeviceRow } from './device-tables.ts';
import type { LobbyParts } from './parts.ts';

/** How many devices wait in one Lobby at a time (SECURITY: DOS-14). */
const MAX_DEVICES = 500;

/** RFC 8628 §3.5: by how much the interval grows with each request that came too soon. */
const SLOW_DOWN_SECONDS = 5;

/** So much sooner than the interval is on time: a network is not a metronome. */
const EARLY_MS = 500;

/** A redemption that has not ended by then was cut off: all that it waits for has a deadline before. */
const LAPSED_AFTER_MS = 60_000;

/** Begins to wait, unless the user code is taken. */
export const beginDevice = async (parts: LobbyParts, device: NewDevice): Promise<DeviceBegun> => {
  const { tables } = parts;
  const now = parts.now();
  tables.sweepDevices(now);
  if (tables.device(device.names) !== null) return { result: 'taken' };
  const { count, firstEndsAt } = tables.devices();
  if (count >= MAX_DEVICES) {
    parts.log({ event: 'budget', lobby: parts.name, scopes: 'devices', client_id: null });
    return { result: 'full', retryAfterSeconds: retryAfterOf((firstEndsAt ?? now) - now) };
  }
  const { deviceCode, clientId, scopes, about } = device;
  tables.putDevice({
    ...{ userCode: device.names[0] ?? '', deviceCode, clientId, scopes, about },
    ...{ expiresAt: now + DEVICE_KEPT_MS, state: 'pending', stateAt: now, because: null },
    ...{ intervalSeconds: DEVICE_INTERVAL_SECONDS, polledAt: null },
    ...{ sessionId: null, claim: null, approver: null, redemption: null },
  });
  await parts.wake();
  return { result: 'begun' };
};

/** RFC 8628 §5.5: the first session that opens it has it. What is not for this session is as if it were not there. */
export const openDevice = (
  parts: LobbyParts,
  { names, sessionId, claim }: DeviceOpening,
): WaitingDevice | null => {
  const row = waiting(parts, names);
  if (row === null) return null;
  if (row.sessionId !== null) {
    return isOf(row, sessionId, claim ?? row.claim) ? shown(row) : null;
  }
  if (claim !== null) return null;
  const claimed = { ...row, sessionId, claim: parts.newId() };
  parts.tables.putDevice(claimed);
  return shown(claimed);
};

export const decideDevice = (
  parts: LobbyParts,
  { names, sessionId, claim, approval }: DeviceRuling,
): boolean => {
  const row = waiting(parts, names);
  if (row === null || !isOf(row, sessionId, claim)) return false;
  const decided =
    approval === null
      ? { state: 'denied' as const, because: SAID_NO }
      : { state: 'approved' as const, ...approval };
  parts.tables.putDevice({ ...row, ...decided, stateAt: parts.now() });
  return true;
};

const SAID_NO = 'the user said no';

/** Nothing is awaited between the look and the mark: however many ask at once, one of them redeems. */
export const pollDevice = (parts: LobbyParts, { names, deviceCode, clientId }: DevicePoll): DevicePolled => {
  const now = parts.now();
  const row = parts.tables.device(names);
  // Its tag is ours. What is not there, or has made room for another, has ended.
  if (row === null || !equalInConstantTime(row.deviceCode, deviceCode)) return { result: 'expired' };
  if (row.clientId !== clientId) return { result: 'unknown' };
  if (row.expiresAt <= now) return { result: 'expired' };
  switch (row.state) {
    case 'pending':
      return asked(parts, row, now);
    case 'denied':
      return { result: 'denied', because: row.because ?? SAID_NO };
    case 'redeeming':
      return now - row.stateAt < LAPSED_AFTER_MS ? { result: 'unknown' } : redeem(parts, row, now);
    case 'approved':
      return redeem(parts, row, now);
    case 'redeemed':
      return { result: 'unknown' };
  }
};

/** RFC 8628 §3.5: who asks too soon is to wait longer from now on. */
const asked = (parts: LobbyParts, row: DeviceRow, now: number): DevicePolled => {
  const isSoon = row.polledAt !== null && now - row.polledAt < row.intervalSeconds * 1000 - EARLY_MS;
  const intervalSeconds = row.intervalSeconds + (isSoon ? SLOW_DOWN_SECONDS : 0);
  parts.tables.putDevice({ ...row, polledAt: now, intervalSeconds });
  return { result: isSoon ? 'slow_down' : 'pending' };
};

const redeem = (parts: LobbyParts, row: DeviceRow, now: number): DevicePolled => {
  const redemption = parts.newId();
  parts.tables.putDevice({ ...row, state: 'redeeming', stateAt: now, redemption });
  const { scopes, about, approver } = row;
  return { result: 'approved', redemption, scopes, about, approver: approver ?? '' };
};

export const settleDevice = (parts: LobbyParts, { names, redemption, outcome }: DeviceSettlement): void => {
  const row = parts.tables.device(names);
  if (row?.state !== 'redeeming' || row.redemption !== redemption) return;
  parts.tables.putDevice({ ...row, ...outcome, stateAt: parts.now() });
};

const waiting = ({ tables, now }: LobbyParts, names: readonly string[]): DeviceRow | null => {
  const row = tables.device(names);
  return row !== null && row.state === 'pending' && row.expiresAt > now() ? row : null;
};

const isOf = (row: DeviceRow, sessionId: string, claim: string | null): boolean =>
  equalInConstantTime(row.sessionId ?? '', sessionId) &&
  claim !== null &&
  equalInConstantTime(row.claim ?? '', claim);

const shown = ({ clientId, scopes, about, claim, expiresAt }: DeviceRow): WaitingDevice => ({
  ...{ clientId, scopes, about, expiresAt },
  claim: claim ?? '',
});
