import type { AssertionPrivateJwk } from '../../src/config/secrets.ts';
import type { Answer } from '../probe/ask.ts';
import { CLOSELY, EDGE } from './checks/edge.ts';
import { idsOf } from './checks/index.ts';
import { skewProblem } from './clock.ts';
import { type Finding, found, skipped } from './finding.ts';
import type { EdgeFacts } from './look-edge.ts';

/** Every check of a deployment at first sight. */
export const EDGE_IDS = [...idsOf(EDGE), ...idsOf(CLOSELY)];

/** Where one of these is wrong, a closer look would find nothing but that. */
const DECISIVE: ReadonlySet<string> = new Set(['EDGE-01', 'EDGE-02', 'EDGE-03', 'EDGE-06']);

/** The check that has to be mended before a closer look is worth anything; null if none. */
export const decisiveOf = (findings: readonly Finding[]): string | null =>
  findings.find(({ id, verdict }) => verdict === 'FAIL' && DECISIVE.has(id))?.id ?? null;

/** What is to be thought of a deployment at first sight. `signing` are the assertion keys of this machine; null where they are not known. */
export const judgeEdge = (
  { apis, desk, skew }: EdgeFacts,
  deskUrl: string,
  signing: readonly AssertionPrivateJwk[] | null,
): readonly Finding[] => {
  const strange = apis.filter(({ metadata }) => !isOurs(metadata));
  const ours = apis.filter(({ metadata }) => isOurs(metadata));
  const elsewhere = ours.filter(({ metadata }) => !serversOf(metadata).includes(deskUrl));
  const answered = found(
    'EDGE-01',
    strange.map(({ api, metadata }) => `${api}: ${cameOf(metadata)}`),
  );
  const named = found(
    'EDGE-03',
    elsewhere.map(
      ({ api, metadata }) => `${api} has the Desk at ${serversOf(metadata).join(', ') || 'none'}`,
    ),
  );
  const isKnown = answered.verdict === 'ok' && named.verdict === 'ok';
  const first = answered.verdict === 'ok' ? 'EDGE-03 first' : 'EDGE-01 first';
  const health = isKnown
    ? found('EDGE-02', desk.health.status === 200 ? [] : [`${desk.url}: ${cameOf(desk.health)}`])
    : skipped('EDGE-02', first);
  return [
    answered,
    health,
    named,
    health.verdict === 'ok'
      ? signed(desk.jwks, signing)
      : skipped('EDGE-04', isKnown ? 'EDGE-02 first' : first),
    skew === null
      ? skipped('EDGE-05', 'the edge did not say the time')
      : found('EDGE-05', skewProblem("the edge's", skew)),
    answered.verdict === 'ok' ? guarded(ours) : skipped('EDGE-06', first),
  ];
};

const isOurs = ({ status, json }: Answer): boolean =>
  status === 200 && Array.isArray(json?.authorization_servers);

const serversOf = ({ json }: Answer): readonly unknown[] =>
  Array.isArray(json?.authorization_servers) ? json.authorization_servers : [];

/** A Worker that is not configured names every problem itself. */
const cameOf = ({ came, json }: Answer): string =>
  Array.isArray(json?.problems) ? `${came}: ${json.problems.join('; ')}` : came;

const signed = ({ json, came }: Answer, signing: readonly AssertionPrivateJwk[] | null): Finding => {
  const [first] = signing ?? [];
  if (first === undefined) return skipped('EDGE-04', 'the file of secrets has no ASSERTION_JWKS to compare');
  const published = Array.isArray(json?.keys) ? (json.keys as readonly Record<string, unknown>[]) : null;
  if (published === null) return found('EDGE-04', [`the JWKS: ${came}`]);
  const same = published.find(({ kid }) => kid === first.kid);
  if (same === undefined) return found('EDGE-04', [`the key ${first.kid} is not published`]);
  return found(
    'EDGE-04',
    same.x === first.x && same.y === first.y ? [] : [`another key is published as ${first.kid}`],
  );
};

const guarded = (apis: EdgeFacts['apis']): Finding => {
  if (apis.some((each) => each.guarded === null)) return skipped('EDGE-06', 'no route needs a credential');
  return found(
    'EDGE-06',
    apis.flatMap(({ api, guarded: answer }) =>
      answer?.code === 'credential_missing'
        ? []
        : [`${answer?.sent ?? api}: ${answer?.came ?? ''}; 401 credential_missing is right`],
    ),
  );
};
