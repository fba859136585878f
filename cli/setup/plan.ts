import type { Unstable_Config } from 'wrangler';
import { SECRET_NAMES } from '../../src/config/secrets.ts';
import type { Config } from '../../src/config.ts';
import { err, ok, type Result } from '../../src/model/refusal.ts';
import type { Namespace } from '../cloudflare.ts';
import { neededSecrets } from '../secret-names.ts';
import type { Secrets } from '../secrets-file.ts';
import type { Template } from './management.ts';
import { mergeTemplate, templateFor } from './template.ts';

/** What there is, in the operator's files, at Cloudflare and at Stytch. */
export interface Facts {
  readonly environment: string | null;
  readonly deployment: Pick<Unstable_Config, 'name' | 'kv_namespaces'>;
  readonly config: Pick<Config, 'decision' | 'events' | 'stytch'>;
  readonly namespaces: readonly Namespace[];
  /** Names; null where there is no Worker yet. */
  readonly held: readonly string[] | null;
  readonly secrets: Secrets;
  /** Null where there is none, 'unseen' where nobody gave the workspace's key. */
  readonly template: Template | null | 'unseen';
}

/** What is to be done, each part by itself: a part that is there needs nothing. */
export interface Plan {
  readonly namespace:
    | { readonly state: 'there'; readonly id: string }
    | { readonly state: 'write'; readonly before: string; readonly id: string; readonly title: string }
    | { readonly state: 'make'; readonly before: string; readonly name: string; readonly title: string };
  readonly secrets: {
    readonly put: readonly string[];
    readonly there: readonly string[];
    /** Nobody can read them back. */
    readonly onlyThere: readonly string[];
  };
  readonly template:
    | { readonly state: 'there' }
    | { readonly state: 'set'; readonly before: string; readonly after: Template }
    | { readonly state: 'by_hand'; readonly text: string };
}

/** Works out what is to be done; the refusal names everything that keeps it from being done. */
export const planSetup = (facts: Facts): Result<Plan, readonly string[]> => {
  const [namespace, secrets, template] = [planNamespace(facts), planSecrets(facts), planTemplate(facts)];
  if (!namespace.ok || !secrets.ok || !template.ok)
    return err([namespace, secrets, template].flatMap((part) => (part.ok ? [] : [part.refusal])));
  return ok({ namespace: namespace.value, secrets: secrets.value, template: template.value });
};

/** Whether nothing is left that this command could do. */
export const isDone = ({ namespace, secrets, template }: Plan): boolean =>
  namespace.state === 'there' && secrets.put.length === 0 && template.state !== 'set';

const planNamespace = ({ environment, deployment, namespaces }: Facts): Result<Plan['namespace'], string> => {
  const vault = deployment.kv_namespaces.find(({ binding }) => binding === 'VAULT');
  if (vault === undefined)
    return err(`wrangler.toml: ${sectionOf(environment)} has no KV namespace with the binding VAULT`);
  const { id = '' } = vault;
  // Wrangler puts the environment before the name that it is given.
  const name = `${deployment.name}-vault`;
  const title = environment === null ? name : `${environment}-${name}`;
  if (/^0*$/.test(id)) {
    const made = namespaces.find((namespace) => namespace.title === title);
    return ok(
      made === undefined
        ? { state: 'make', before: id, name, title }
        : { state: 'write', before: id, id: made.id, title },
    );
  }
  return namespaces.some((namespace) => namespace.id === id)
    ? ok({ state: 'there', id })
    : err(
        `wrangler.toml: ${sectionOf(environment)}: the VAULT's namespace ${id} is not in this Cloudflare account: log in to the one that has it, or put 32 zeros in its place`,
      );
};

const sectionOf = (environment: string | null): string =>
  environment === null ? 'the top level' : `[env.${environment}]`;

const planSecrets = ({ config, held, secrets, environment }: Facts): Result<Plan['secrets'], string> => {
  const inFile = Object.keys(secrets).filter((name) => secrets[name] !== '');
  const there = held ?? [];
  const nowhere = neededSecrets(config).filter((name) => !inFile.includes(name) && !there.includes(name));
  if (nowhere.length > 0) {
    const option = environment === 'production' ? '' : ` --env '${environment ?? ''}'`;
    return err(
      `secrets: ${nowhere.join(', ')} nowhere: npm run latchkey -- init${option} makes them or asks for them`,
    );
  }
  return ok({
    put: inFile.filter((name) => !there.includes(name)),
    there: inFile.filter((name) => there.includes(name)),
    onlyThere: SECRET_NAMES.filter((name) => there.includes(name) && !inFile.includes(name)),
  });
};

const planTemplate = ({ config, template }: Facts): Result<Plan['template'], string> => {
  const claim = config.stytch.ownerClaim;
  const { content, audience } = template === 'unseen' || template === null ? NO_TEMPLATE : template;
  const merged = mergeTemplate(content, claim);
  if (!merged.ok) return merged;
  if (template === 'unseen') return ok({ state: 'by_hand', text: templateFor(claim) });
  return ok(
    merged.value.isRight
      ? { state: 'there' }
      : { state: 'set', before: content, after: { content: merged.value.text, audience } },
  );
};

const NO_TEMPLATE: Template = { content: '', audience: '' };
