import { err, ok, type Result } from '../../src/model/refusal.ts';
import { listNamespaces, putSecrets, whyNot } from '../cloudflare.ts';
import type { World } from '../command.ts';
import { environmentArgs } from '../project.ts';
import type { Secrets } from '../secrets-file.ts';
import type { Management } from './management.ts';
import type { Plan } from './plan.ts';
import { writeVaultId } from './vault-id.ts';

/**
 * Does what the plan says, part after part, and stops at the first that fails. Whoever calls again finds by looking what
 * is done already.
 */
export const carryOut = async (
  plan: Plan,
  world: World,
  environment: string | null,
  secrets: Secrets,
  management: Management | null,
): Promise<Result<null, string>> => {
  const vault = await seeToNamespace(plan.namespace, world, environment);
  if (!vault.ok) return vault;
  const put = await sendSecrets(plan.secrets.put, world, environment, secrets);
  return put.ok ? setTemplate(plan.template, world, management) : put;
};

const seeToNamespace = async (
  plan: Plan['namespace'],
  { folder, wrangler, terminal }: World,
  environment: string | null,
): Promise<Result<null, string>> => {
  if (plan.state === 'there') return ok(null);
  if (plan.state === 'make') {
    terminal.tell(`Making the KV namespace ${plan.title} …`);
    const ran = await wrangler(['kv', 'namespace', 'create', plan.name, ...environmentArgs(environment)]);
    if (ran.code !== 0) return err(whyNot('kv namespace create', ran));
  }
  const id = plan.state === 'write' ? ok(plan.id) : await idOf(plan.title, wrangler, environment);
  if (!id.ok) return id;
  return (await writeVaultId(folder, environment, plan.before, id.value))
    ? ok(null)
    : err(`wrangler.toml: setup finds no place for the VAULT's id: put it in yourself: id = "${id.value}"`);
};

/** What `create` prints is for people; the list is for programs. */
const idOf = async (
  title: string,
  wrangler: World['wrangler'],
  environment: string | null,
): Promise<Result<string, string>> => {
  const listed = await listNamespaces(wrangler, environment);
  if (!listed.ok) return listed;
  const made = listed.value.find((namespace) => namespace.title === title);
  return made === undefined
    ? err(`Cloudflare made the namespace ${title} and does not list it: try again`)
    : ok(made.id);
};

const sendSecrets = async (
  names: readonly string[],
  { wrangler, terminal }: World,
  environment: string | null,
  secrets: Secrets,
): Promise<Result<null, string>> => {
  if (names.length === 0) return ok(null);
  terminal.tell(`Putting ${names.join(', ')} …`);
  const named = Object.fromEntries(names.map((name) => [name, secrets[name] ?? '']));
  return putSecrets(wrangler, environment, named);
};

const setTemplate = async (
  plan: Plan['template'],
  { terminal }: World,
  management: Management | null,
): Promise<Result<null, string>> => {
  if (plan.state !== 'set' || management === null) return ok(null);
  terminal.tell('Setting the claims template …');
  return management.setTemplate(plan.after);
};
