import { fingerprintOf } from '../../src/model/fingerprint.ts';
import { OWNER_PURSE, type Report } from '../../src/model/lease-wire.ts';
import { type Meter, openMeter } from '../../src/model/meter.ts';
import type {
  Admission,
  AdmitRequest,
  CredentialName,
  ExchangeAnswer,
  Standing,
} from '../../src/model/ports.ts';
import { type Findings, openLedger } from './ledger.ts';
import { indexOf, keyOf, openSharedKeychain, ownerOf, PROJECT, SCOPES, secretOf } from './owners.ts';

/** All Rings, as plain calls: they may be in another thread. `now` is the clock of the run, in milliseconds. */
export interface RingsSide {
  keys(indexes: readonly number[]): Promise<readonly string[]>;
  admit(ring: string, request: AdmitRequest, now: number): Promise<Admission>;
  exchange(clientId: string, now: number): Promise<ExchangeAnswer>;
  settle(ring: string, reports: readonly Report[], now: number): Promise<void>;
  findings(): Promise<Findings>;
}

const LEASE_MS = 5_000;
const RULES = {
  owner: { requests: 600, perSeconds: 60 },
  key: null,
  unitsPerMonth: null,
  leaseMs: LEASE_MS,
} as const;

/** A Ring that was not asked for this long has an empty window and no lease it would know of, in milliseconds. */
const IDLE_AFTER_MS = 130_000;

/** Rings of one process, over the real meter; they know their owners' keys by fingerprint. */
export const openRings = async (): Promise<RingsSide> => {
  const keychain = await openSharedKeychain();
  const ledger = openLedger();
  /** The Rings that are awake, the one that was asked last at the end. */
  const meters = new Map<string, { readonly meter: Meter; readonly askedAt: number }>();

  const meterOf = (ring: string, now: number): Meter => {
    const meter = meters.get(ring)?.meter ?? openMeter(null);
    meters.delete(ring);
    meters.set(ring, { meter, askedAt: now });
    for (const [idle, { askedAt }] of meters) {
      if (now - askedAt < IDLE_AFTER_MS) break;
      meters.delete(idle);
    }
    return meter;
  };

  const standingOf = async (name: CredentialName): Promise<Standing> => {
    const index = name.kind === 'secret' ? indexOf(name.clientId) : -1;
    const { current } = keychain;
    const isLive =
      name.kind === 'secret' &&
      name.fingerprint === (await fingerprintOf(current, PROJECT, name.clientId, secretOf(index)));
    if (!isLive) return { status: 'unknown', leaseMs: LEASE_MS };
    const owner = ownerOf(index);
    const key = { scopes: SCOPES, generation: 1, expiresAt: null, ownLimit: false };
    return { status: 'live', owner, ...key, leaseMs: LEASE_MS };
  };

  return {
    keys: (indexes) => Promise.all(indexes.map((index) => keyOf(index, keychain))),
    admit: async (ring, { credential, others, ask }, now) => {
      const standing = await standingOf(credential);
      const theirs = await Promise.all(others.map(standingOf));
      if (ask.purse !== OWNER_PURSE || standing.status !== 'live')
        return { standing, others: theirs, grant: null, sealed: null };
      ledger.reported(ask.reports, false);
      const grant = meterOf(ring, now).ask(ask, RULES, now);
      ledger.granted(grant);
      return { standing, others: theirs, grant, sealed: null };
    },
    exchange: async (clientId, now) => ({
      exchanged: {
        ...{ result: 'token', token: `${clientId} ${ownerOf(indexOf(clientId)).id}`, sealed: '' },
        ...{ generation: 1, expiresAt: Math.floor(now / 1000) + 3_600, made: false },
      },
      stytchMs: 0,
    }),
    settle: async (ring, reports, now) => {
      ledger.reported(reports, true);
      meterOf(ring, now).settle(reports, now);
    },
    findings: async () => ledger.findings(),
  };
};
