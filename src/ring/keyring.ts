import { DurableObject } from 'cloudflare:workers';
import type { Owner } from '../model/identity.ts';
import { ringOfOwner } from '../model/key.ts';
import type { Report } from '../model/lease-wire.ts';
import { type Meter, openMeter } from '../model/meter.ts';
import type {
  Admission,
  AdmitRequest,
  AdoptedClient,
  ExchangeAnswer,
  ExchangeRequest,
  IssuedKey,
  IssueRequest,
  KeyPage,
  KeyPatch,
  KeyRecord,
  ListRequest,
  Ring,
  UseOfHour,
} from '../model/ports.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import { admit, ownersIn, settle } from './admit.ts';
import { adopt } from './adopt.ts';
import { change } from './change.ts';
import { endKey } from './end.ts';
import { exchange } from './exchange.ts';
import { found } from './found.ts';
import { issue } from './issue.ts';
import { openJoins } from './joins.ts';
import { workOffLedger } from './ledger.ts';
import type { RingParts, RingPorts } from './parts.ts';
import { isVisible, toRecord } from './record.ts';
import { openTables } from './tables.ts';
import { HOUR_MS, hourOf, sweep } from './usage.ts';

/** How soon the ledger is looked at again when something that should not happen did, in milliseconds. */
const AFTER_A_BUG_MS = 60_000;

/**
 * One owner's keys and meter: the truth. Addressed by the ring part of a verified tag or of a signed-in owner,
 * so that strangers cannot make one.
 */
export abstract class KeyRingBase<Env> extends DurableObject<Env> implements Ring {
  #assembled: RingParts | null = null;

  /** The world of this Ring: the one thing that the Worker supplies. */
  protected abstract ports(env: Env): RingPorts;

  /** Assembled when first asked for, so that an alarm under a broken configuration is put off and not lost. */
  get #parts(): RingParts {
    this.#assembled ??= assemble(this.ctx, this.ports(this.env));
    return this.#assembled;
  }

  async admit(request: AdmitRequest): Promise<Admission> {
    for (const owner of ownersIn(request)) await this.#assertOwner(owner);
    return admit(this.#parts, request);
  }

  async exchange(request: ExchangeRequest): Promise<ExchangeAnswer> {
    return exchange(this.#parts, request);
  }

  async settle(reports: readonly Report[]): Promise<void> {
    if (this.#parts.tables.exists()) settle(this.#parts, reports);
  }

  async issue(request: IssueRequest): Promise<Result<IssuedKey>> {
    await this.#assertOwner(request.owner);
    if (this.#parts.tables.isSuspended()) return err({ reason: 'owner_suspended' });
    found(this.#parts, request.owner);
    return issue(this.#parts, request);
  }

  async list(request: ListRequest): Promise<KeyPage> {
    await this.#assertOwner(request.owner);
    const rows = this.#parts.tables.list({ ...request, limit: request.limit + 1 }).filter(isVisible);
    const records = rows.slice(0, request.limit).map((row) => toRecord(row, request.owner));
    const last = records.at(-1);
    const next =
      rows.length > request.limit && last ? { createdAt: last.createdAt, keyId: last.keyId } : null;
    return { records, next };
  }

  async get(owner: Owner, keyId: string): Promise<KeyRecord | null> {
    await this.#assertOwner(owner);
    const row = this.#parts.tables.key(keyId);
    return row !== null && isVisible(row) ? toRecord(row, owner) : null;
  }

  async change(owner: Owner, keyId: string, patch: KeyPatch): Promise<Result<KeyRecord>> {
    await this.#assertOwner(owner);
    return change(this.#parts, owner, keyId, patch);
  }

  async adopt(owner: Owner, client: AdoptedClient): Promise<Result<KeyRecord>> {
    await this.#assertOwner(owner);
    found(this.#parts, owner);
    const adopted = adopt(this.#parts, owner, client);
    await this.#parts.wake();
    return adopted;
  }

  async revokeToken(owner: Owner, tokenHash: string, expiresAt: number): Promise<void> {
    await this.#assertOwner(owner);
    found(this.#parts, owner);
    this.#parts.tables.revokeToken(tokenHash, expiresAt);
    await this.#parts.wake();
  }

  async usage(owner: Owner, keyId: string | null, from: number, to: number): Promise<readonly UseOfHour[]> {
    await this.#assertOwner(owner);
    const { tables, now } = this.#parts;
    if (!tables.exists()) return [];
    sweep(this.#parts, now());
    return tables
      .uses(keyId, hourOf(from), hourOf(to))
      .map(({ hour, ...use }) => ({ ...use, at: hour * HOUR_MS }));
  }

  async suspend(owner: Owner, by: string | null): Promise<void> {
    await this.#assertOwner(owner);
    const { tables, now, wake } = this.#parts;
    if (by === null && !tables.exists()) return;
    found(this.#parts, owner);
    if (by === null) tables.lift();
    else tables.suspend(by, now());
    await wake();
  }

  async setPlan(owner: Owner, plan: string | null): Promise<Result<null>> {
    await this.#assertOwner(owner);
    const { tables, rules } = this.#parts;
    if (plan !== null && !rules.plans.has(plan)) return err({ reason: 'not_found' });
    found(this.#parts, owner);
    tables.setPlan(plan);
    return ok(null);
  }

  async revoke(owner: Owner, keyId: string): Promise<Result<KeyRecord>> {
    await this.#assertOwner(owner);
    const row = this.#parts.tables.key(keyId);
    if (row === null || !isVisible(row)) return err({ reason: 'not_found' });
    // A second revoke of the same key is answered like the first.
    if (row.status !== 'active') return ok(toRecord(row, owner));
    endKey(this.#parts, keyId, 'revoked');
    await this.#parts.wake();
    const ended = this.#parts.tables.key(keyId);
    return ended !== null && isVisible(ended) ? ok(toRecord(ended, owner)) : err({ reason: 'internal' });
  }

  override async alarm(): Promise<void> {
    try {
      await workOffLedger(this.#parts);
    } catch (error) {
      // An alarm that throws is retried six times and then never again: the ledger must outlive any bug.
      await this.ctx.storage.setAlarm(Date.now() + AFTER_A_BUG_MS);
      this.#parts.log({
        event: 'ledger',
        outcome: 'bug',
        because: error instanceof Error ? error.name : 'unknown',
      });
    }
  }

  /** Refuses to speak of anybody but its own owner. */
  async #assertOwner(owner: Owner): Promise<void> {
    const ring = await ringOfOwner(this.#parts.rules.projectId, owner);
    if (ring !== this.#parts.ring) throw new Error("this Ring is another owner's");
  }
}

const assemble = (ctx: DurableObjectState, ports: RingPorts): RingParts => {
  const { storage } = ctx;
  const tables = openTables(storage);
  let meter: Meter | null = null;
  const openedMeter = (): Meter => {
    meter ??= openMeter(tables.meter());
    return meter;
  };

  return {
    ...ports,
    ring: ctx.id.name ?? '',
    tables,
    storage,
    meter: openedMeter,
    creating: new Set(),
    quietUntil: 0,
    changing: new Set(),
    sweptAt: 0,
    now: () => Date.now(),

    join: openJoins(),

    wake: async () => {
      const dueAt = tables.nextDueAt();
      if (dueAt !== null) return storage.setAlarm(dueAt);
      // A Ring whose only issue came to nothing leaves no trace once its window is empty.
      if (!tables.exists() || !tables.isIdle()) return;
      const emptyAt = openedMeter().emptyAt();
      if (emptyAt > Date.now()) return storage.setAlarm(emptyAt);
      meter = null;
      await tables.drop();
    },
  };
};
