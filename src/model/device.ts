import type { Owner } from './identity.ts';
import type { Result } from './refusal.ts';

/** A public client of the operator's file: a CLI, by its client_id. */
export interface DeviceClient {
  /** What the user is told that it is. */
  readonly title: string;
  /** The scopes that it may ask for. */
  readonly scopes: readonly string[];
  /** How long a key lasts that is made for it; null for keys without end. */
  readonly keyDays: number | null;
}

/** Who is at the Desk's pages, as far as a device code is concerned. */
export interface Approver {
  readonly owner: Owner;
  readonly sessionId: string;
  readonly roles: readonly string[];
  readonly address: string | null;
}

/** What somebody who typed a code is shown of the device that waits (RFC 8628 §5.4). */
export interface DeviceAsking {
  /** As it is to be compared: `WDJB-MJHT`. */
  readonly userCode: string;
  /** Of this opening of this code by this session: what decides must show it. */
  readonly claim: string;
  readonly clientId: string;
  readonly clientTitle: string;
  /** How the key will be called. */
  readonly keyName: string;
  /** What it asks for and would get, and what it asks for and the user cannot give. */
  readonly scopes: readonly string[];
  readonly beyond: readonly string[];
  /** When the key will end; null for never. Milliseconds. */
  readonly keyExpiresAt: number | null;
  /** Where the device asked from, as far as it is known. */
  readonly from: DeviceOrigin;
  /** When the code ends, in milliseconds. */
  readonly expiresAt: number;
}

export interface DeviceOrigin {
  readonly address: string | null;
  /** ISO 3166-1 alpha-2. */
  readonly country: string | null;
  readonly city: string | null;
  /** The family of the client, such as `curl`. */
  readonly client: string | null;
}

/** Device codes, as the pages of the Desk need them. A code that is typed wrong counts against who typed it. */
export interface Devices {
  /**
   * What waits behind a code, claimed by this session from now on: no other is shown it again (RFC 8628 §5.5). Refusals:
   * `user_code_unknown`, `too_many_codes`, `unavailable`.
   */
  readonly open: (userCode: string, by: Approver) => Promise<Result<DeviceAsking>>;
  /**
   * Says yes or no, by the session that opened it. Refusals besides: `owner_suspended`, `owner_deleted`,
   * `key_limit_reached`, `scope_not_grantable` where nothing is left that he can grant.
   */
  readonly decide: (decision: DeviceDecision, by: Approver) => Promise<Result<DeviceAsking>>;
}

export interface DeviceDecision {
  readonly userCode: string;
  readonly claim: string;
  readonly isApproved: boolean;
}
