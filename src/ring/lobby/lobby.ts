import { DurableObject } from 'cloudflare:workers';
import { createHash } from 'node:crypto';
import { log } from '../../log.ts';
import type {
  DeviceBegun,
  DeviceOpening,
  DevicePoll,
  DevicePolled,
  DeviceRuling,
  DeviceSettlement,
  NewDevice,
  TryCounted,
  WaitingDevice,
} from '../../model/device-lobby.ts';
import { isForeignClientId, ownershipOf } from '../../model/foreign.ts';
import type { Owner } from '../../model/identity.ts';
import type {
  Lobby,
  LobbyClaimRequest,
  LobbyExchangeAnswer,
  LobbyExchangeRequest,
  LobbyLook,
  LobbyLookRequest,
  LobbyProof,
  LobbyProofRequest,
  MessageSeen,
  ReconciliationReport,
  ReconciliationRequest,
} from '../../model/ports.ts';
import type { Result } from '../../model/refusal.ts';
import { dayOf, type TokenDay, type TokenQuery } from '../../model/token-days.ts';
import { openJoins } from '../requests/joins.ts';
import { claimByProof, release, renew } from './claim.ts';
import { beginDevice, decideDevice, openDevice, pollDevice, settleDevice } from './devices.ts';
import { exchange } from './exchange.ts';
import { exchangePart } from './exchange-part.ts';
import { settleOwner } from './owner.ts';
import type { LobbyParts, LobbyPorts } from './parts.ts';
import { startRun, workOnRun } from './reconcile.ts';
import { reportOf } from './run.ts';
import { type LobbyTables, openLobbyTables } from './tables.ts';
import { countTry } from './tries.ts';

/** A kept token this near its end is no longer handed out, in milliseconds. */
const TOKEN_MARGIN_MS = 30_000;

/** How far apart sweeps are at the least, in milliseconds: what ends together is forgotten together. */
const SWEEP_APART_MS = 10_000;

/** How soon a reconciliation goes on when something that should not happen did, in milliseconds. */
const AFTER_A_BUG_MS = 60_000;

/** How many revoked tokens are remembered, for the second that it matters. */
const MAX_REVOKED = 1_000;

/**
 * Foreign clients, of which only the client_id is known: whose they are, and the tokens for their secrets. There are 64
 * of it, by hash of the client_id, so that strangers cannot make more. One of them reconciles Stytch and the Rings. Devices
 * that wait for a user's word (RFC 8628) are in all of them, by hash of their user code.
 */
export abstract class LobbyBase<Env> extends DurableObject<Env> implements Lobby {
  #opened: LobbyTables | null = null;
  #assembled: LobbyParts | null = null;

  /** The world of this Lobby: the one thing that the Worker supplies. */
  protected abstract ports(env: Env): LobbyPorts;

  get #tables(): LobbyTables {
    this.#opened ??= openLobbyTables(this.ctx.storage);
    return this.#opened;
  }

  get #parts(): LobbyParts {
    this.#assembled ??= {
      ...this.ports(this.env),
      name: this.ctx.id.name ?? '',
      tables: this.#tables,
      storage: this.ctx.storage,
      join: openJoins(),
      spent: () => this.#tables.countToken(dayOf(this.#now())),
      parting: new Set(),
      revokedTokens: new Set(),
      pending: new Set(),
      quietUntil: 0,
      wake: () => this.#wake(),
    };
    return this.#assembled;
  }

  async look({ clientId, fingerprint }: LobbyLookRequest): Promise<LobbyLook> {
    const { rules, tables, now } = this.#parts;
    const owner = tables.owner(clientId);
    const secret = owner === null || fingerprint === null ? null : tables.secret(fingerprint, clientId);
    if (secret === null || secret.tokenExpiresAt * 1000 - now() <= TOKEN_MARGIN_MS)
      return { owner, sealed: null };
    const { ownership } = ownershipOf(secret.named, owner, rules.ownerlessClients);
    return { owner, sealed: ownership === 'owned' ? secret.sealed : null };
  }

  async exchange(request: LobbyExchangeRequest): Promise<LobbyExchangeAnswer> {
    const { scopes } = request;
    return scopes ? exchangePart(this.#parts, { ...request, scopes }) : exchange(this.#parts, request);
  }

  async claim({ clientId, owner }: LobbyClaimRequest): Promise<Owner> {
    if (!isForeignClientId(clientId, this.#parts.rules.realm)) throw new Error('not a foreign client');
    const settled = settleOwner(this.#parts, clientId, owner);
    const held = settled.ownership === 'owned' ? settled.owner : this.#tables.owner(clientId);
    if (held === null) throw new Error('ownerless clients are refused');
    return held;
  }

  async claimByProof(request: LobbyProofRequest): Promise<LobbyProof> {
    return claimByProof(this.#parts, request);
  }

  async renew(request: LobbyClaimRequest): Promise<void> {
    renew(this.#parts, request);
  }

  async release(request: LobbyClaimRequest): Promise<void> {
    release(this.#parts, request);
  }

  async forgetTokens(clientId: string, revoked: string): Promise<void> {
    const { tables, revokedTokens } = this.#parts;
    tables.forgetTokens(clientId);
    const [oldest] = revokedTokens;
    if (oldest !== undefined && revokedTokens.size >= MAX_REVOKED) revokedTokens.delete(oldest);
    revokedTokens.add(revoked);
  }

  async wasSeen(messageId: string, sentAt: number): Promise<MessageSeen> {
    const { tables, now } = this.#parts;
    const last = tables.messageSentAt(hashOf(messageId), now());
    if (last === null) return 'new';
    return sentAt > last ? 'done' : 'replayed';
  }

  async markSeen(messageId: string, sentAt: number): Promise<void> {
    const { tables, now, wake } = this.#parts;
    tables.putMessage(hashOf(messageId), sentAt, now());
    await wake();
  }

  async countTry(name: string, max: number): Promise<TryCounted> {
    return countTry(this.#parts, name, max);
  }

  async takeBackTry(name: string, id: number): Promise<void> {
    this.#tables.deleteTry(name, id);
  }

  async beginDevice(device: NewDevice): Promise<DeviceBegun> {
    return beginDevice(this.#parts, device);
  }

  async openDevice(opening: DeviceOpening): Promise<WaitingDevice | null> {
    return openDevice(this.#parts, opening);
  }

  async decideDevice(ruling: DeviceRuling): Promise<boolean> {
    return decideDevice(this.#parts, ruling);
  }

  async pollDevice(poll: DevicePoll): Promise<DevicePolled> {
    return pollDevice(this.#parts, poll);
  }

  async settleDevice(settlement: DeviceSettlement): Promise<void> {
    settleDevice(this.#parts, settlement);
  }

  async tellTokens(ring: string, days: readonly TokenDay[]): Promise<void> {
    const { tables, storage, now, wake } = this.#parts;
    storage.transactionSync(() => tables.takeTokens(ring, days, dayOf(now())));
    await wake();
  }

  async tokens({ fromDay, toDay }: TokenQuery): Promise<readonly TokenDay[]> {
    return this.#tables.tokenTotals(fromDay, toDay);
  }

  async startReconciliation(request: ReconciliationRequest): Promise<Result<ReconciliationReport>> {
    const started = startRun(this.#parts, request);
    // A run that is under way is woken too, whatever became of its alarm.
    await this.#wake();
    return started;
  }

  async reconciliation(): Promise<ReconciliationReport | null> {
    const run = this.#tables.run();
    return run === null ? null : reportOf(run);
  }

  /** Sweeping needs no configuration, so that an invalid one does not keep anything longer. A reconciliation waits for it. */
  override async alarm(): Promise<void> {
    this.#tables.sweep(this.#now());
    await this.#reconcile();
    await this.#wake();
  }

  /** Our clock; where no valid configuration tells it, the platform's. */
  #now(): number {
    try {
      return this.#parts.now();
    } catch {
      return Date.now();
    }
  }

  async #reconcile(): Promise<void> {
    const dueAt = this.#tables.runDueAt();
    if (dueAt === null || dueAt > this.#now()) return;
    try {
      await workOnRun(this.#parts);
    } catch (error) {
      // An alarm that throws is retried six times and then never again: sweeping and the run must outlive any bug.
      this.#tables.putOffRun(this.#now() + AFTER_A_BUG_MS);
      const because = error instanceof Error ? error.message : 'unknown';
      log({ event: 'reconciliation', outcome: 'bug', because });
    }
  }

  async #wake(): Promise<void> {
    const now = this.#now();
    const sweepAt = this.#tables.nextSweepAt();
    const times = [sweepAt === null ? null : Math.max(sweepAt, now + SWEEP_APART_MS)];
    const dueAt = [...times, this.#tables.runDueAt()].filter((at) => at !== null);
    if (dueAt.length === 0) return;
    // The platform's clock wakes us, and ours may have been moved.
    const at = Date.now() + (Math.min(...dueAt) - now);
    const setFor = await this.ctx.storage.getAlarm();
    if (setFor === null || setFor > at) await this.ctx.storage.setAlarm(at);
  }
}

/** What a sender names his messages is nobody else's business, and of any length. */
const hashOf = (messageId: string): string => createHash('sha256').update(messageId).digest('base64url');
