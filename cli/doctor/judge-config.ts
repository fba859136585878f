import { hostname, isLoopback } from '../../src/config/hosts.ts';
import type { Config, OpenConfigResult } from '../../src/config.ts';
import { allSkipped, type Finding, found } from './finding.ts';

/** What stands in latchkey.config.ts and in the variables of an environment, as the Worker would read it. */
export const judgeConfig = (read: OpenConfigResult, environment: string | null): readonly Finding[] =>
  read.ok
    ? [
        found('CONFIG-02', []),
        found('CONFIG-03', read.warnings),
        found('CONFIG-04', unreachable(read.config)),
        found('CONFIG-05', examples(read.config)),
        found('CONFIG-06', misnamed(read.config, environment ?? '')),
      ]
    : [
        found('CONFIG-02', read.problems),
        ...allSkipped(['CONFIG-03', 'CONFIG-04', 'CONFIG-05', 'CONFIG-06'], 'CONFIG-02 first'),
      ];

/** Whether everything of a configuration is on this machine: `npm run dev`, or a test. */
export const isAllHere = ({ hosts }: Pick<Config, 'hosts'>): boolean =>
  [...hosts.api, hosts.desk].every(isLoopback);

/** Whether requests are forwarded to the origin of the zone that the Worker's route is of. */
export const wantsZone = (config: Pick<Config, 'origin' | 'routes'>): boolean =>
  placesOf(config).some((place) => place?.kind === 'zone');

/** Every URL that requests are forwarded to. */
export const originUrls = (config: Pick<Config, 'origin' | 'routes'>): readonly string[] => [
  ...new Set(placesOf(config).flatMap((place) => (place?.kind === 'url' ? [place.url] : []))),
];

const placesOf = ({ origin, routes }: Pick<Config, 'origin' | 'routes'>) => [
  origin.place,
  ...routes.map((route) => route.origin?.place),
];

const unreachable = (config: Config): readonly string[] => {
  if (isAllHere(config)) return [];
  const isHere = (url: string): boolean => isLoopback(new URL(url).host);
  return [
    ...originUrls(config)
      .filter(isHere)
      .map((url) => `the origin ${url} is this machine`),
    ...(isHere(config.stytch.apiUrl) ? [`STYTCH_API_URL ${config.stytch.apiUrl} is this machine`] : []),
  ];
};

/** The ids of the repository's own files and of the emulator: one digit, again and again. */
const EXAMPLE_PROJECT = /^project-(?:test|live)-(\d)\1{7}-/;

/** RFC 2606 §2, §3: names that are for documentation, and nobody's. */
const EXAMPLE_NAME = /(?:^|\.)example\.(?:com|net|org)$|\.(?:example|invalid|test)$/;

const examples = (config: Config): readonly string[] => {
  const { stytch, hosts, clockOffsetSeconds } = config;
  const names = [
    ...[...hosts.api, hosts.desk].map(hostname),
    ...originUrls(config).map((url) => new URL(url).hostname),
  ];
  return [
    ...(EXAMPLE_PROJECT.test(stytch.projectId) && !isAllHere(config)
      ? [`${stytch.projectId} is the project of an example`]
      : []),
    ...[...new Set(names)].filter((name) => EXAMPLE_NAME.test(name)).map((name) => `${name} is an example`),
    ...(clockOffsetSeconds === 0 ? [] : ['CLOCK_OFFSET_SECONDS moves the clock']),
  ];
};

const misnamed = ({ environment, stytch }: Config, name: string): readonly string[] => {
  if (/prod|live/i.test(name) && environment === 'test')
    return [`[env.${name}] has the test project ${stytch.projectId}: its keys say "test"`];
  if (/dev|test|stag/i.test(name) && environment === 'live')
    return [`[env.${name}] has the live project ${stytch.projectId}`];
  return [];
};
