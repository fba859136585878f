import { DurableObject } from 'cloudflare:workers';
import type { AuditKey } from '../model/audit-chain.ts';
import type { Author } from '../model/author.ts';
import type { Owner } from '../model/identity.ts';
import { ringOfOwner } from '../model/key.ts';
import type { Report } from '../model/lease-wire.ts';
import type {
  AdoptedClient,
  AuditHead,
  AuditPage,
  AuditQuery,
  ChangeRequest,
  ClientAtStytch,
  EndOutcome,
  EndReport,
  ExportPage,
  ImportedKey,
  ImportRequest,
  IssuedKey,
  IssueRequest,
  KeyPage,
  KeyRecord,
  KeysUsageQuery,
  KeyUsage,
  ListRequest,
  OwnerLimits,
  OwnerRecord,
  OwnerStanding,
  Reconciled,
  ReconciledKey,
  RotateRequest,
  UsageBucket,
  UsageQuery,
} from '../model/life.ts';
import { type Meter, openMeter } from '../model/meter.ts';
import type {
  Admission,
  AdmitRequest,
  ExchangeAnswer,
  ExchangeRequest,
  KeyUse,
  Ring,
  TokenRevocation,
} from '../model/ports.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import type { RestoreStep } from '../model/restore-wire.ts';
import type { TokenDay, TokenQuery } from '../model/token-days.ts';
import { work } from './alarm/index.ts';
import { reconcile } from './alarm/reconcile.ts';
import { adopt } from './keys/adopt.ts';
import { change } from './keys/change.ts';
import { endKey } from './keys/end.ts';
import { endPresented } from './keys/end-presented.ts';
import { importClient } from './keys/import.ts';
import { issue } from './keys/issue.ts';
import { list } from './keys/list.ts';
import { isVisible, recordOf } from './keys/record.ts';
import { revokeToken } from './keys/revoke-token.ts';
import { rotate } from './keys/rotate.ts';
import { endRotation } from './keys/rotation-end.ts';
import { exportPage } from './owner/export.ts';
import { forgetOwner } from './owner/forget.ts';
import { found } from './owner/found.ts';
import { about, closed, revokeAll, setLimits, suspend } from './owner/index.ts';
import { limits } from './owner/limits.ts';
import { restore } from './owner/restore.ts';
import { isRestoring } from './owner/restoring.ts';
import type { RingParts, RingPorts } from './parts.ts';
import { admit, ownersIn, settle } from './requests/admit.ts';
import { exchange } from './requests/exchange.ts';
import { exchangePart } from './requests/exchange-part.ts';
import { openJoins } from './requests/joins.ts';
import { usage, usageOfKeys } from './requests/usage.ts';
import { openTables } from './tables/index.ts';
import { spendToken, tokenDays } from './token-days.ts';

/** How soon the ledger is looked at again when something that should not happen did, in milliseconds. */
const AFTER_A_BUG_MS = 60_000;

/**
 * One owner's keys and meter: the truth. Addressed by the ring part of a verified tag or of a signed-in owner,
 * so that strangers cannot make one.
 */
export abstract class KeyRingBase<Env> extends DurableObject<Env> implements Ring {
  #assembled: RingParts | null = null;
  #auditKey: AuditKey | null = null;

  /** The world of this Ring: the one thing that the Worker supplies. */
  protected abstract ports(env: Env): RingPorts;

  /** Assembled when first asked for, so that an alarm under a broken configuration is put off and not lost. */
  get #parts(): RingParts {
    this.#assembled ??= assemble(this.ctx, this.ports(this.env), () => {
      if (this.#auditKey === null) throw new Error('the keychain was not opened');
      return this.#auditKey;
    });
    return this.#assembled;
  }

  async admit(request: AdmitRequest): Promise<Admission> {
    for (const owner of ownersIn(request)) await this.#assertOwner(owner);
    return admit(this.#parts, request);
  }

  async exchange(request: ExchangeRequest): Promise<ExchangeAnswer> {
    const { scopes } = request;
    return scopes ? exchangePart(this.#parts, { ...request, scopes }) : exchange(this.#parts, request);
  }

  async settle(reports: readonly Report[], uses: readonly KeyUse[] = []): Promise<void> {
    if (this.#parts.tables.exists()) settle(this.#parts, reports, uses);
  }

  async issue(request: IssueRequest): Promise<Result<IssuedKey>> {
    await this.#enter(request.owner);
    const refusal = closed(this.#parts);
    if (refusal !== null) return err(refusal);
    found(this.#parts, request.owner);
    return issue(this.#parts, { ...request, owner: this.#parts.tables.owner() ?? request.owner });
  }

  async list(request: ListRequest): Promise<KeyPage> {
    await this.#enter(request.owner);
    return list(this.#parts, request);
  }

  async get(owner: Owner, keyId: string): Promise<KeyRecord | null> {
    await this.#enter(owner);
    return recordOf(this.#parts, keyId, owner);
  }

  async ownerOfKey(keyId: string): Promise<Owner | null> {
    const { tables } = this.#parts;
    const row = tables.key(keyId);
    return row !== null && isVisible(row) ? tables.owner() : null;
  }

  async change(request: ChangeRequest): Promise<Result<KeyRecord>> {
    await this.#enter(request.owner);
    return change(this.#parts, request);
  }

  async rotate(request: RotateRequest): Promise<Result<IssuedKey>> {
    await this.#enter(request.owner);
    return rotate(this.#parts, request);
  }

  async finishRotation(owner: Owner, keyId: string, author: Author): Promise<Result<KeyRecord>> {
    await this.#enter(owner);
    return this.#ended(owner, keyId, endRotation(this.#parts, owner, keyId, author, 'finish'));
  }

  async cancelRotation(owner: Owner, keyId: string, author: Author): Promise<Result<KeyRecord>> {
    await this.#enter(owner);
    return this.#ended(owner, keyId, endRotation(this.#parts, owner, keyId, author, 'cancel'));
  }

  async revoke(owner: Owner, keyId: string, author: Author): Promise<Result<KeyRecord>> {
    await this.#enter(owner);
    if (isRestoring(this.#parts)) return err({ reason: 'conflict' });
    const status = this.#parts.tables.key(keyId)?.status;
    if (status === undefined || status === 'creating') return err({ reason: 'not_found' });
    // A second revoke of the same key is answered like the first.
    if (status === 'active') endKey(this.#parts, owner, keyId, 'revoked', author);
    return this.#ended(owner, keyId, ok(null));
  }

  async revokeAll(owner: Owner, author: Author): Promise<Result<number>> {
    await this.#enter(owner);
    if (isRestoring(this.#parts)) return err({ reason: 'conflict' });
    const ended = revokeAll(this.#parts, owner, author, null);
    await this.#parts.wake();
    return ok(ended);
  }

  async endPresented(report: EndReport): Promise<EndOutcome> {
    await this.#open();
    const outcome = endPresented(this.#parts, report);
    if (outcome !== 'nothing') await this.#parts.wake();
    return outcome;
  }

  async adopt(owner: Owner, client: AdoptedClient, author: Author): Promise<Result<KeyRecord>> {
    await this.#enter(owner);
    found(this.#parts, owner);
    const adopted = adopt(this.#parts, owner, client, author);
    await this.#parts.wake();
    return adopted;
  }

  async importClient(request: ImportRequest): Promise<Result<ImportedKey>> {
    await this.#enter(request.owner);
    return importClient(this.#parts, request);
  }

  async revokeToken(revocation: TokenRevocation): Promise<Result<boolean>> {
    await this.#enter(revocation.name.owner);
    const ended = revokeToken(this.#parts, revocation);
    if (ended.ok && ended.value) await this.#parts.wake();
    return ended;
  }

  async usage(query: UsageQuery): Promise<readonly UsageBucket[]> {
    await this.#enter(query.owner);
    return usage(this.#parts, query);
  }

  async usageOfKeys(query: KeysUsageQuery): Promise<readonly KeyUsage[]> {
    await this.#enter(query.owner);
    return usageOfKeys(this.#parts, query);
  }

  async tokens(owner: Owner, query: TokenQuery): Promise<readonly TokenDay[]> {
    await this.#enter(owner);
    return tokenDays(this.#parts, query);
  }

  async audit({ owner, ...query }: AuditQuery): Promise<AuditPage> {
    await this.#enter(owner);
    const entries = this.#parts.tables.audit({ ...query, limit: query.limit + 1 });
    const page = entries.slice(0, query.limit);
    return { entries: page, next: entries.length > query.limit ? (page.at(-1)?.seq ?? null) : null };
  }

  async auditHead(owner: Owner): Promise<AuditHead> {
    await this.#enter(owner);
    return this.#parts.tables.auditHead(this.#parts.ring);
  }

  async about(owner: Owner): Promise<OwnerRecord> {
    await this.#enter(owner);
    return about(this.#parts, owner);
  }

  async limits(owner: Owner, keyId: string | null): Promise<OwnerStanding | null> {
    await this.#enter(owner);
    return limits(this.#parts, owner, keyId);
  }

  async suspend(
    owner: Owner,
    reason: string | null,
    author: Author,
    mayLapse = false,
  ): Promise<Result<OwnerRecord>> {
    await this.#enter(owner);
    const suspended = suspend(this.#parts, owner, reason, author, mayLapse);
    await this.#parts.wake();
    return suspended;
  }

  async setLimits(owner: Owner, limits: OwnerLimits, author: Author): Promise<Result<OwnerRecord>> {
    await this.#enter(owner);
    const set = setLimits(this.#parts, owner, limits, author);
    await this.#parts.wake();
    return set;
  }

  async exportPage(owner: Owner, after: string | null, author: Author): Promise<ExportPage> {
    await this.#enter(owner);
    const page = exportPage(this.#parts, owner, after, author);
    await this.#parts.wake();
    return page;
  }

  async restore(
    owner: Owner,
    step: RestoreStep,
    lines: readonly unknown[],
    author: Author,
  ): Promise<Result<OwnerRecord>> {
    await this.#enter(owner);
    return restore(this.#parts, owner, step, lines, author);
  }

  async forgetOwner(owner: Owner, author: Author): Promise<Result<OwnerRecord>> {
    await this.#enter(owner);
    const forgotten = forgetOwner(this.#parts, owner, author);
    await this.#parts.wake();
    return forgotten;
  }

  async reconcile(
    clients: readonly ClientAtStytch[],
    dryRun: boolean,
    withMasterKeys = false,
  ): Promise<readonly (Reconciled | ReconciledKey)[]> {
    await this.#open();
    const judged = reconcile(this.#parts, clients, dryRun);
    if (!dryRun) await this.#parts.wake();
    return withMasterKeys ? judged : judged.map(({ found }) => found);
  }

  override async alarm(): Promise<void> {
    try {
      await this.#open();
      await work(this.#parts);
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

  /** A key as it is after something about it ended, with the alarm set for what is to be done. */
  async #ended(owner: Owner, keyId: string, ended: Result<null>): Promise<Result<KeyRecord>> {
    if (!ended.ok) return ended;
    await this.#parts.wake();
    const record = recordOf(this.#parts, keyId, owner);
    return record === null ? err({ reason: 'internal' }) : ok(record);
  }

  /** Opens what the Ring writes with, and refuses to speak of anybody but its own owner. */
  async #enter(owner: Owner): Promise<void> {
    await this.#open();
    await this.#assertOwner(owner);
  }

  async #open(): Promise<void> {
    const wasOpen = this.#auditKey !== null;
    const { current } = await this.#parts.keychain();
    this.#auditKey = { id: current.id, key: current.auditKey };
    // An alarm that was set by another clock comes when it should only if that has not been moved since.
    if (!wasOpen && Math.abs(this.#parts.now() - Date.now()) > 1_000) await this.#parts.wake();
  }

  /** Refuses to speak of anybody but its own owner. */
  async #assertOwner(owner: Owner): Promise<void> {
    const ring = await ringOfOwner(this.#parts.rules.projectId, owner);
    if (ring !== this.#parts.ring) throw new Error("this Ring is another owner's");
  }
}

const assemble = (ctx: DurableObjectState, ports: RingPorts, auditKey: RingParts['auditKey']): RingParts => {
  const { storage } = ctx;
  const { auditMs, confirmMs, events } = ports.rules;
  /** The platform's clock wakes us, and ours may have been moved. */
  const setAlarm = (at: number) => storage.setAlarm(Date.now() + (at - ports.now()));
  const wakes = {
    ...{ auditMs, confirmMs },
    ...{ expiringMs: events?.expiringMs ?? null, unusedMs: events?.unusedMs ?? null },
  };
  const tables = openTables(storage);
  let meter: Meter | null = null;
  const openedMeter = (): Meter => {
    meter ??= openMeter(tables.meter());
    return meter;
  };
  const drop = async (): Promise<void> => {
    meter = null;
    await tables.drop();
  };

  const parts: RingParts = {
    ...ports,
    ring: ctx.id.name ?? '',
    tables,
    auditKey,
    storage,
    meter: openedMeter,
    creating: new Set(),
    importing: new Map(),
    quietUntil: 0,
    changing: new Set(),
    sweptAt: 0,
    join: openJoins(),
    parting: new Set(),
    spent: () => ctx.waitUntil(spendToken(parts)),

    wake: async () => {
      const dueAt = tables.nextDueAt(wakes);
      if (dueAt !== null) return setAlarm(dueAt);
      // A Ring whose only issue came to nothing leaves no trace once its window is empty.
      if (!tables.exists() || !tables.isIdle()) return;
      const emptyAt = openedMeter().emptyAt();
      if (emptyAt > ports.now()) return setAlarm(emptyAt);
      await drop();
    },
    drop,
  };
  return parts;
};
