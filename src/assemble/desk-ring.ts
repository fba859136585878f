import type { DeskMethod, DeskRing } from '../desk/durable.ts';
import * as is from '../gate/admit/shapes.ts';
import type { Ring } from '../model/ports.ts';
import type { ReachPorts } from '../model/reach.ts';
import { type Method, reachable } from './desk-object.ts';

/** What waits for Stytch's tries, and what waits for the Ring alone; milliseconds. */
const STYTCH_DEADLINE_MS = 20_000;
const RING_DEADLINE_MS = 5_000;

/** Of each thing that is asked, how long it is waited for and what its answer must be. */
const METHODS: Readonly<Record<DeskMethod, Method>> = {
  issue: { deadlineMs: STYTCH_DEADLINE_MS, isSo: is.isResultOf(is.isIssuedKey) },
  list: { deadlineMs: RING_DEADLINE_MS, isSo: is.isKeyPage },
  get: { deadlineMs: RING_DEADLINE_MS, isSo: is.isKeyRecordOrNull },
  ownerOfKey: { deadlineMs: RING_DEADLINE_MS, isSo: is.isOwnerOrNull },
  change: { deadlineMs: STYTCH_DEADLINE_MS, isSo: is.isResultOf(is.isKeyRecord) },
  rotate: { deadlineMs: STYTCH_DEADLINE_MS, isSo: is.isResultOf(is.isIssuedKey) },
  finishRotation: { deadlineMs: RING_DEADLINE_MS, isSo: is.isResultOf(is.isKeyRecord) },
  cancelRotation: { deadlineMs: RING_DEADLINE_MS, isSo: is.isResultOf(is.isKeyRecord) },
  revoke: { deadlineMs: RING_DEADLINE_MS, isSo: is.isResultOf(is.isKeyRecord) },
  revokeAll: { deadlineMs: RING_DEADLINE_MS, isSo: is.isResultOf(is.isNumber) },
  endPresented: { deadlineMs: RING_DEADLINE_MS, isSo: is.isEndOutcome },
  revokeToken: { deadlineMs: RING_DEADLINE_MS, isSo: is.isResultOf(is.isBoolean) },
  importClient: { deadlineMs: STYTCH_DEADLINE_MS, isSo: is.isResultOf(is.isImportedKey) },
  usage: { deadlineMs: RING_DEADLINE_MS, isSo: is.isListOf(is.isUsageBucket) },
  usageOfKeys: { deadlineMs: RING_DEADLINE_MS, isSo: is.isListOf(is.isKeyUsage) },
  tokens: { deadlineMs: RING_DEADLINE_MS, isSo: is.isListOf(is.isTokenDay) },
  audit: { deadlineMs: RING_DEADLINE_MS, isSo: is.isAuditPage },
  auditHead: { deadlineMs: RING_DEADLINE_MS, isSo: is.isAuditHead },
  about: { deadlineMs: RING_DEADLINE_MS, isSo: is.isOwnerRecord },
  limits: { deadlineMs: RING_DEADLINE_MS, isSo: is.isOwnerStandingOrNull },
  suspend: { deadlineMs: RING_DEADLINE_MS, isSo: is.isResultOf(is.isOwnerRecord) },
  setLimits: { deadlineMs: RING_DEADLINE_MS, isSo: is.isResultOf(is.isOwnerRecord) },
  exportPage: { deadlineMs: RING_DEADLINE_MS, isSo: is.isExportPage },
  restore: { deadlineMs: STYTCH_DEADLINE_MS, isSo: is.isResultOf(is.isOwnerRecord) },
  forgetOwner: { deadlineMs: RING_DEADLINE_MS, isSo: is.isResultOf(is.isOwnerRecord) },
};

/** A Ring whose silence is a refusal, and so is an answer that is none. */
export const deskRing = (name: string, ring: Ring, ports: ReachPorts): DeskRing =>
  ({ name, ...reachable(METHODS, ring, ports) }) as DeskRing;
