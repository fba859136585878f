import { type PlaceSettings, placeOf } from '../model/place.ts';
import { baseUrlProblem, leadsToUs } from './hosts.ts';
import type { Judged } from './judged.ts';
import type { Problem } from './problem.ts';

/** What is wrong with where requests shall go; paths begin at the settings of the place. */
export const placeProblems = (
  settings: PlaceSettings,
  { hosts, environment }: Pick<Judged, 'hosts' | 'environment'>,
): readonly Problem[] => {
  if (placeOf(settings) === null)
    return [{ path: [], message: 'must have exactly one of url, binding and zone' }];
  if (settings.url === undefined) return [];
  const path = ['url'];
  const problem = baseUrlProblem(settings.url, environment);
  if (problem !== null) return [{ path, message: problem }];
  return leadsToUs(new URL(settings.url), hosts)
    ? [{ path, message: 'is one of our own hosts: a request would come back to us' }]
    : [];
};
