import type { Config } from '../../src/config.ts';
import type { Policy } from '../../src/model/policy.ts';
import type { Options } from '../probe/options.ts';
import { type Outcome, probe } from '../probe/run.ts';
import { type Finding, found, skipped } from './finding.ts';
import { samplePath } from './sample.ts';

/** What needs more than a look, and so is the probe's alone. */
const NOT_HERE = ['limits.strangers', 'hosts.elsewhere'];

/**
 * All that `latchkey probe` looks at, at each API host, and at each origin that requests are forwarded to: nobody may
 * be let in there who did not come through the edge (SECURITY: ORG-01). `told` gets each finding as it comes.
 */
export const lookClosely = async (
  config: Config,
  policy: Policy,
  apis: readonly URL[],
  key: string | null,
  told: (finding: Finding) => void,
): Promise<void> => {
  const path = samplePath(policy, ({ auth }) => auth === 'required');
  if (path === null) return told(skipped('PROBE-01', 'no route needs a credential'));
  const options: Options = {
    ...{ apis, path, key, open: samplePath(policy, ({ auth }) => auth === 'none') },
    ...{ desk: new URL(config.deskUrl), origin: null, elsewhere: null, only: null, yes: false, json: false },
  };
  const problems: string[] = [];
  const look = async (more: Partial<Options>, isWanted: (id: string) => boolean): Promise<void> => {
    const ran = await probe({ ...options, ...more }, (outcome) => {
      if (isWanted(outcome.id)) told(findingOf(outcome));
    });
    if (!ran.ok) problems.push(ran.refusal);
  };
  await look({}, (id) => id !== ORIGIN && !NOT_HERE.includes(id));
  for (const { url, of } of originsOf(config, policy, path))
    await look({ apis: apis.slice(0, 1), path: of, origin: new URL(url), only: ORIGIN }, () => true);
  told(found('PROBE-01', problems));
};

const ORIGIN = 'origin.closed';

/** Each URL that requests are forwarded to, and a path of its own that needs a credential. */
const originsOf = ({ origin }: Config, policy: Policy, usual: string) => {
  const main = origin.place.kind === 'url' ? origin.place.url : null;
  const urls = policy.routes.map((route) =>
    route.origin === null ? main : route.origin.place.kind === 'url' ? route.origin.place.url : null,
  );
  return [...new Set([main, ...urls])].flatMap((url) => {
    const of = samplePath(policy, (route) => {
      const place = route.origin?.place ?? origin.place;
      return route.auth === 'required' && place.kind === 'url' && place.url === url;
    });
    return url === null ? [] : [{ url, of: of ?? usual }];
  });
};

const findingOf = ({ id, api, verdict, says, row, wrong, advice, note }: Outcome): Finding => ({
  ...{ id, says },
  verdict: verdict === 'not made' ? 'skipped' : verdict,
  details: [
    ...wrong.map(({ sent, came, problem }) => `sent ${sent}; came ${came}: ${problem}`),
    ...(note === null ? [] : [`${api}: ${note}`]),
  ],
  advice: advice === null ? null : `${advice} (SECURITY.md ${row})`,
});
