// Device codes (RFC 8628), as the Desk asks them of the Lobbies: plain data, times in milliseconds since the epoch. A Lobby
// is told of no code, no address and no name: only of keyed names, hashes and closed boxes.

/** What a Lobby keeps of device codes, and of how often somebody did what may be done a few times only. */
export interface DeviceLobby {
  /** Counts a try under a name, unless there were `max` of them in the last ten minutes. */
  countTry(name: string, max: number): Promise<TryCounted>;
  /** Takes back a try that turned out not to count. */
  takeBackTry(name: string, id: number): Promise<void>;
  beginDevice(device: NewDevice): Promise<DeviceBegun>;
  /** What waits behind a user code, for the session that was the first to open it; null for everybody else. */
  openDevice(opening: DeviceOpening): Promise<WaitingDevice | null>;
  /** Writes a decision down; false where there is nothing for this session to decide. */
  decideDevice(ruling: DeviceRuling): Promise<boolean>;
  /** What the device is told; where the user said yes, the redemption begins with this very call. */
  pollDevice(poll: DevicePoll): Promise<DevicePolled>;
  /** How a redemption ended. One that is not under way any more is left alone. */
  settleDevice(settlement: DeviceSettlement): Promise<void>;
}

export type TryCounted =
  | { readonly result: 'counted'; readonly id: number }
  | { readonly result: 'exhausted'; readonly retryAfterSeconds: number };

/** A device that begins to wait. */
export interface NewDevice {
  /** Of its user code, one for each master key, the newest first. */
  readonly names: readonly string[];
  /** The hash of its device code. */
  readonly deviceCode: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** A box: what is shown of the device to whom it asks. */
  readonly about: string;
}

export type DeviceBegun =
  | { readonly result: 'begun' }
  /** Another device waits with this user code. */
  | { readonly result: 'taken' }
  /** As many wait as may. */
  | { readonly result: 'full'; readonly retryAfterSeconds: number };

export interface DeviceOpening {
  readonly names: readonly string[];
  readonly sessionId: string;
  /** Null for who opens it; else the claim that he was given then, without which it is not shown. */
  readonly claim: string | null;
}

/** A device that waits, and whose session it is to say yes or no. */
export interface WaitingDevice {
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly about: string;
  readonly claim: string;
  readonly expiresAt: number;
}

export interface DeviceRuling {
  readonly names: readonly string[];
  readonly sessionId: string;
  readonly claim: string;
  /** Null for no. */
  readonly approval: DeviceApproval | null;
}

/** A yes: to what, and in a box by whom. */
export interface DeviceApproval {
  readonly scopes: readonly string[];
  readonly approver: string;
}

export interface DevicePoll {
  readonly names: readonly string[];
  readonly deviceCode: string;
  readonly clientId: string;
}

export type DevicePolled =
  | { readonly result: 'pending' }
  | { readonly result: 'slow_down' }
  | { readonly result: 'expired' }
  | { readonly result: 'denied'; readonly because: string }
  /** Of another client, being redeemed, or redeemed. */
  | { readonly result: 'unknown' }
  | {
      readonly result: 'approved';
      /** Names this redemption. */
      readonly redemption: string;
      readonly scopes: readonly string[];
      readonly about: string;
      readonly approver: string;
    };

export interface DeviceSettlement {
  readonly names: readonly string[];
  readonly redemption: string;
  /** `approved`: what stood in the way passes, and the device may come again. */
  readonly outcome:
    | { readonly state: 'redeemed' }
    | { readonly state: 'approved' }
    | { readonly state: 'denied'; readonly because: string };
}
