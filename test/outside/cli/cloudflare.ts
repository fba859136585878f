import type { Ran, Wrangler } from '../../../cli/wrangler.ts';

/** A call of wrangler's, as it was made. */
export interface Call {
  readonly args: readonly string[];
  readonly input: string | undefined;
}

/** An account of Cloudflare's as far as wrangler shows it, in the words of wrangler 4: there is none to test with. */
export interface Cloudflare {
  readonly wrangler: Wrangler;
  readonly calls: readonly Call[];
  /** Calls that change something, by their words. */
  readonly changes: () => readonly string[];
  readonly namespaces: { id: string; title: string }[];
  /** Of each environment's Worker. */
  readonly secrets: Map<string, Record<string, string>>;
  /** The next calls that begin so end like this. */
  readonly fail: (beginning: string, ran?: Partial<Ran>) => void;
}

export const cloudflare = (): Cloudflare => {
  const calls: Call[] = [];
  const namespaces: { id: string; title: string }[] = [];
  const secrets = new Map<string, Record<string, string>>();
  const failures: { readonly beginning: string; readonly ran: Ran }[] = [];
  const wrangler: Wrangler = async (args, { input, onLine } = {}) => {
    calls.push({ args, input });
    const words = args.join(' ');
    const at = failures.findIndex(({ beginning }) => words.startsWith(beginning));
    const [failure] = at < 0 ? [] : failures.splice(at, 1);
    if (failure !== undefined) return failure.ran;
    const ran = answer(words, args[args.indexOf('--env') + 1] ?? '', input);
    for (const line of ran.stdout.split('\n')) onLine?.(line);
    return ran;
  };
  const answer = (words: string, env: string, input = ''): Ran => {
    if (words.startsWith('kv namespace list')) return well(JSON.stringify(namespaces));
    if (words.startsWith('kv namespace create')) {
      const title = `${env === '' ? '' : `${env}-`}${words.split(' ')[3]}`;
      namespaces.push({ id: `${namespaces.length + 1}`.padStart(32, 'a'), title });
      return well(`✨ Success!`);
    }
    if (words.startsWith('secret list')) {
      const held = secrets.get(env);
      return held === undefined
        ? badly(`✘ [ERROR] Worker "latchkey" (env: ${env}) not found.\n\nIf this is a new Worker, run …`)
        : well(JSON.stringify(Object.keys(held).map((name) => ({ name, type: 'secret_text' }))));
    }
    if (words.startsWith('secret bulk')) {
      secrets.set(env, { ...secrets.get(env), ...JSON.parse(input) });
      return well('✨ Successfully created secrets');
    }
    if (words.startsWith('deployments status'))
      return well(
        JSON.stringify({
          versions: [
            { version_id: 'canary', percentage: 5 },
            { version_id: 'running', percentage: 95 },
          ],
        }),
      );
    if (words.startsWith('deploy') || words.startsWith('versions upload'))
      return well(
        'Total Upload: 586 KiB\nUploaded latchkey\nWorker Version ID: 0b1c2d3e-0000-4000-8000-000000000001',
      );
    return badly(`no such command here: ${words}`);
  };
  return {
    ...{ wrangler, calls, namespaces, secrets },
    changes: () =>
      calls
        .map(({ args }) => args.join(' '))
        .filter((words) => !/^(?:kv namespace list|secret list|deployments status)/.test(words)),
    fail: (beginning, ran = {}) => void failures.push({ beginning, ran: { ...badly('it failed'), ...ran } }),
  };
};

const well = (stdout: string): Ran => ({ code: 0, stdout, stderr: '' });
const badly = (stderr: string): Ran => ({ code: 1, stdout: '', stderr });
