import { verifyChain } from '../../model/audit-chain.ts';
import type { Author } from '../../model/author.ts';
import type { Owner } from '../../model/identity.ts';
import { ringOfOwner } from '../../model/key.ts';
import type { OwnerRecord } from '../../model/life.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import {
  type RestoredLine,
  type RestoredOwner,
  type RestoreStep,
  readRestoredLine,
} from '../../model/restore-wire.ts';
import { writeAudit } from '../audit.ts';
import type { RingParts } from '../parts.ts';
import { about } from './index.ts';
import { restoreKey } from './restore-key.ts';
import { isRestoring, RESTORER } from './restoring.ts';

/**
 * Makes a Ring that was lost what an export says, step by step; a step that is said again changes nothing. Never one that
 * is there: what became of it since the export would be forgotten, and what was revoked would live. Only one that is half
 * restored is begun anew. The trail comes before the keys, so that what follows from those is chained behind it.
 */
export const restore = async (
  parts: RingParts,
  owner: Owner,
  step: RestoreStep,
  lines: readonly unknown[],
  author: Author,
): Promise<Result<OwnerRecord>> => {
  const read: RestoredLine[] = [];
  for (const [i, line] of lines.entries()) {
    const found = readRestoredLine(line);
    if (found === null) return wrong(i, 'is no line that is restored');
    read.push(found);
  }
  const done = await STEPS[step](parts, read, author);
  return done.ok ? ok(about(parts, owner)) : done;
};

type Step = (
  parts: RingParts,
  lines: readonly RestoredLine[],
  author: Author,
) => Result<null> | Promise<Result<null>>;

const begin: Step = async (parts, lines) => {
  const { tables, storage } = parts;
  const said = await ownerOf(parts, lines, 1);
  if (tables.exists() && !isRestoring(parts)) return err({ reason: 'owner_known' });
  if (said === null) return wrong(0, 'must be this owner, and alone');
  if (tables.exists()) await parts.drop();
  storage.transactionSync(() => {
    tables.create(said.owner, said.createdAt ?? parts.now());
    tables.setPlan(said.plan);
    tables.setKeysLimit(said.keysLimit);
    tables.suspend(RESTORER, 'is being restored', parts.now(), null);
  });
  return ok(null);
};

const more: Step = async (parts, lines) => {
  if (!isRestoring(parts)) return err({ reason: 'owner_known' });
  for (const [i, line] of lines.entries()) {
    const done = await put(parts, line);
    if (!done.ok) return typeof done.refusal === 'string' ? wrong(i, done.refusal) : err(done.refusal);
  }
  return ok(null);
};

const put = async (parts: RingParts, line: RestoredLine): Promise<Awaited<ReturnType<typeof restoreKey>>> => {
  switch (line.type) {
    case 'key':
      return restoreKey(parts, line);
    case 'audit':
      return putEntry(parts, line);
    case 'audit_anchor': {
      if (parts.tables.auditHead(parts.ring).seq === line.anchor.seq) return ok(null);
      if (parts.tables.auditHead(parts.ring).seq !== 0) return err('comes too late');
      parts.tables.putAuditAnchor(line.anchor.seq, line.anchor.mac);
      return ok(null);
    }
    default:
      return err('has another step');
  }
};

/** Only what was written under one of our master keys, at its place. */
const putEntry = async (
  { tables, ring, keychain }: RingParts,
  { entry }: Extract<RestoredLine, { type: 'audit' }>,
): Promise<Result<null, string>> => {
  const { all } = await keychain();
  const head = tables.auditHead(ring);
  if (entry.seq <= head.seq)
    return tables.auditMac(entry.seq) === entry.mac ? ok(null) : err('is not the row of its place');
  const keys = all.map(({ id, auditKey }) => ({ id, key: auditKey }));
  const verdict = verifyChain(ring, [entry], keys, head);
  if (!verdict.ok) return err(`does not fit the row before: ${verdict.because.replaceAll('_', ' ')}`);
  tables.putAudit(entry);
  return ok(null);
};

const end: Step = async (parts, lines, author) => {
  const { tables, storage } = parts;
  const said = await ownerOf(parts, lines, 2);
  const last = lines[1];
  if (said === null || last?.type !== 'end') return wrong(0, 'must be this owner, and the end');
  // Said again after its answer was lost.
  if (!isRestoring(parts)) return tables.exists() ? ok(null) : err({ reason: 'owner_known' });
  const { seq, mac } = last.head;
  if (seq > 0 && tables.auditMac(seq) !== mac) return wrong(1, 'the trail does not lead to its head');
  storage.transactionSync(() => {
    tables.lift();
    if (said.suspension !== null)
      tables.suspend(actorOf(author), said.suspension.reason, said.suspension.suspendedAt, null);
    if (said.deletion !== null) tables.setDeletion(said.deletion.deletedAt, said.deletion.keptUntil);
    writeAudit(parts, author, 'owner.restored', null, { keys: tables.liveKeys(), audit_seq: seq });
  });
  await parts.wake();
  return ok(null);
};

const STEPS: Readonly<Record<RestoreStep, Step>> = { begin, lines: more, end };

const actorOf = ({ actor }: Author): string => actor.id ?? actor.kind;

/** Whom the first line names, if it is he whose Ring this is: what a Ring says of its owner, its keys are marked with. */
const ownerOf = async (
  { ring, rules }: RingParts,
  lines: readonly RestoredLine[],
  count: number,
): Promise<RestoredOwner | null> => {
  const [first] = lines;
  if (lines.length !== count || first?.type !== 'owner' || first.ring !== ring) return null;
  return (await ringOfOwner(rules.projectId, first.owner)) === ring ? first : null;
};

const wrong = (line: number, detail: string): Result<never> =>
  err({ reason: 'request_invalid', errors: [{ pointer: `/lines/${line}`, detail }] });
