import { err, ok, type Result } from '../../src/model/refusal.ts';
import { askLeave, failed, misused } from '../answers.ts';
import { CLOCK } from '../clock.ts';
import type { ExitCode, World } from '../command.ts';
import { inWords, openDesk } from '../desk.ts';
import type { OPERATOR_OPTIONS } from '../operator.ts';
import { begin, follow } from '../reconcile.ts';
import { type Kept, readKept } from './kept.ts';
import { MASTER_KEYS } from './key-lists.ts';
import { type How, putKey, type Where } from './rotate.ts';

/** What is to be taken off, and how many living keys may go with it. */
export interface Retire {
  readonly id: string;
  readonly losing: number;
  /** An operator's way to the Desk; null where it shall not be asked. */
  readonly access: { readonly [name in keyof typeof OPERATOR_OPTIONS]?: string | undefined } | null;
  readonly settleMs: number;
}

/** Takes a master key off the list, when it was told how many living keys need it. */
export const retire = async (
  where: Where,
  { yes, json }: How,
  { id, losing, access, settleMs }: Retire,
  help: string,
): Promise<ExitCode> => {
  const { world, environment } = where;
  const { terminal, folder, clock = CLOCK } = world;
  const kept = readKept(folder, environment, MASTER_KEYS);
  if (!kept.ok) return failed(terminal, kept.refusal);
  const why = whyNot(kept.value, id, clock.now() - settleMs);
  if (why !== null) return failed(terminal, why);
  const ask = access === null ? ok(null) : openDesk(access, world);
  if (!ask.ok) return misused(terminal, `${ask.refusal} Or say --uncounted.`, help);

  const counted = ask.value === null ? ok(null) : await livingKeysOf(ask.value, id, world);
  if (!counted.ok) return failed(terminal, counted.refusal);
  const count = counted.value;
  const mayAsk = count === null || count <= losing;
  if (yes && !mayAsk)
    return failed(
      terminal,
      `${count} living keys need the master key ${id}: to lose them, say --losing ${count}. Nothing was done.`,
    );
  const lost = count === null ? 'Living keys that need it, if there are any,' : `${count} living keys`;
  const end = await askLeave(terminal, `Take the master key ${id} off: ${lost} stop working for good`, yes);
  if (end !== null) return end;

  const [first] = kept.value.keys;
  const left = kept.value.keys.filter((key) => key.id !== id);
  const course = { list: MASTER_KEYS, retired: (key: (typeof left)[number]) => key };
  const put = await putKey(where, course, kept.value, left, { id: first?.id ?? '', place: 'first' });
  if (!put.ok)
    return failed(terminal, `${put.refusal}\nIt is off the file: latchkey rotate-master sends it.`);
  terminal.say(
    json
      ? JSON.stringify({ secret: MASTER_KEYS.name, retired: id, living_keys: count })
      : `The master key ${id} is off the list, and kept for audit trails.`,
  );
  return 0;
};

/** What stands against it, whoever asks. `since`: who was given the list after then may not have it yet. */
const whyNot = ({ keys, rotation }: Kept, id: string, since: number): string | null => {
  const at = keys.findIndex((key) => key.id === id);
  if (at === -1)
    return `There is no master key ${JSON.stringify(id)}: there is ${keys.map((key) => key.id).join(', ')}.`;
  if (at === 0) return `Keys are made under the master key ${id}: put another in its place first.`;
  if (rotation === null || !keys.some((key) => key.id === rotation.id)) return null;
  if (rotation.place === 'listed') return `The master key ${rotation.id} is not the first yet: rotate it in.`;
  if (rotation.sentAt === null) return 'The list was not sent as it stands: latchkey rotate-master sends it.';
  return rotation.sentAt > since
    ? `Isolates that make keys under ${id} may still be about: come back in a few minutes.`
    : null;
};

/** How many living keys need a master key, as a dry reconciliation counts them; the refusal is that not all were counted. */
const livingKeysOf = async (
  ask: Extract<ReturnType<typeof openDesk>, { ok: true }>['value'],
  id: string,
  { terminal }: World,
): Promise<Result<number, string>> => {
  terminal.tell('Counting the living keys that need it, by a dry reconciliation.');
  const begun = await begin(ask, { dry_run: true }, terminal);
  const over = begun.ok ? await follow(ask, begun.value, terminal) : begun;
  if (!over.ok) return err(inWords(over.refusal));
  const { status, because, counts, master_keys: masterKeys } = over.value;
  const untold = (counts.failed ?? 0) + (masterKeys['?'] ?? 0);
  if (status !== 'done' || untold > 0)
    return err(`Not all could be counted: ${because ?? `${untold} keys are not known`}. Try again.`);
  return ok(masterKeys[id] ?? 0);
};
