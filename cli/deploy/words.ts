import type { Config } from '../../src/config.ts';
import type { Place } from '../../src/model/place.ts';
import type { Project } from '../project.ts';

/** What is about to be deployed, for the eyes of whoever says yes to it. */
export const wordsOf = (
  { deployment, environment }: Project,
  { stytch, hosts, origin }: Config,
  size: string,
): readonly string[] => {
  const rows = [
    ['Worker', `${deployment.name}${environment === null ? '' : `, environment ${environment}`}; ${size}`],
    ['API', hosts.api.join(', ')],
    ['Desk', hosts.desk],
    ['Origin', placeWords(origin.place)],
    ['Stytch', `${stytch.projectId}, ${stytch.vertical}`],
    ['Vault', deployment.kv_namespaces.find(({ binding }) => binding === 'VAULT')?.id ?? 'none'],
    ['Cron', (deployment.triggers.crons ?? []).join('; ') || 'none'],
  ];
  return rows.map(([name = '', value = '']) => `${name.padEnd(8)}${value}`);
};

const placeWords = (place: Place): string => {
  switch (place.kind) {
    case 'url':
      return place.url;
    case 'binding':
      return `the service bound as ${place.binding}`;
    case 'zone':
      return "the zone's own";
  }
};
