import type { DeskLobby, DeskLobbyMethod } from '../desk/durable.ts';
import * as is from '../gate/admit/shapes.ts';
import type { DeviceBegun, DevicePolled, TryCounted } from '../model/device-lobby.ts';
import type { Lobby } from '../model/ports.ts';
import type { ReachPorts } from '../model/reach.ts';
import { type Method, ofLobby, reachable } from './desk-object.ts';

/** A Lobby answers from its tables; milliseconds. */
export const LOBBY_DEADLINE_MS = 5_000;

const deadlineMs = LOBBY_DEADLINE_MS;

const isWaiting = (value: unknown): boolean =>
  is.isRecord(value) &&
  [value.clientId, value.about, value.claim].every(is.isText) &&
  is.isTexts(value.scopes) &&
  is.isNumber(value.expiresAt);

const COUNTED = {
  counted: ({ id }) => is.isNumber(id),
  exhausted: is.isLater,
} satisfies Record<TryCounted['result'], is.Has>;

const BEGUN = {
  begun: is.always,
  taken: is.always,
  full: is.isLater,
} satisfies Record<DeviceBegun['result'], is.Has>;

const POLLED = {
  pending: is.always,
  slow_down: is.always,
  expired: is.always,
  unknown: is.always,
  denied: ({ because }) => is.isText(because),
  approved: ({ redemption, scopes, about, approver }) =>
    [redemption, about, approver].every(is.isText) && is.isTexts(scopes),
} satisfies Record<DevicePolled['result'], is.Has>;

const METHODS: Readonly<Record<DeskLobbyMethod, Method>> = {
  countTry: { deadlineMs, isSo: (value) => is.isOneOf(value, COUNTED) },
  takeBackTry: { deadlineMs, isSo: () => true },
  beginDevice: { deadlineMs, isSo: (value) => is.isOneOf(value, BEGUN) },
  openDevice: { deadlineMs, isSo: (value) => value === null || isWaiting(value) },
  decideDevice: { deadlineMs, isSo: is.isBoolean },
  pollDevice: { deadlineMs, isSo: (value) => is.isOneOf(value, POLLED) },
  settleDevice: { deadlineMs, isSo: () => true },
  forgetTokens: { deadlineMs, isSo: () => true },
  look: { deadlineMs, isSo: is.isLobbyLook },
};

/** A Lobby as the Desk asks it. */
export const deskLobby = (lobby: Pick<Lobby, DeskLobbyMethod>, ports: ReachPorts): DeskLobby => {
  const methods = Object.entries(reachable(METHODS, lobby, ports)).map(([method, ask]) => [
    method,
    async (...asked: readonly unknown[]) => ofLobby(await ask(...asked)),
  ]);
  return Object.fromEntries(methods) as DeskLobby;
};
