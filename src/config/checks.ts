import { RESERVED_SUBJECT } from '../model/foreign.ts';
import { PERSON_ID } from '../model/identity.ts';
import { browserOriginProblems, hostname, leadsToUs, receiverUrlProblem } from './hosts.ts';
import type { Judged } from './judged.ts';
import { readLogo } from './logo.ts';
import { placeProblems } from './places.ts';
import type { Problem } from './problem.ts';
import { routeProblems } from './routes.ts';

/** What is wrong between settings. */
export const crossProblems = (file: Judged): readonly Problem[] => [
  ...brandProblems(file),
  ...hostProblems(file),
  ...originProblems(file),
  ...operatorProblems(file),
  ...roleProblems(file),
  ...deskProblems(file),
  ...deviceProblems(file),
  ...portalProblems(file),
  ...logoProblems(file),
  ...eventProblems(file),
  ...routeProblems(file),
  ...corsProblems(file),
];

const brandProblems = ({ brand, formerBrands = [] }: Judged): readonly Problem[] =>
  formerBrands.flatMap((former, i) =>
    former === brand || formerBrands.indexOf(former) < i
      ? [{ path: ['formerBrands', i], message: `"${former}" is named twice` }]
      : [],
  );

/** Cookies do not tell ports apart (RFC 6265 §8.5): another port does not keep the portal's session from a script. */
const hostProblems = ({ hosts }: Judged): readonly Problem[] => {
  if (hosts === undefined) return [];
  return hosts.api.flatMap((host, i) => {
    const path = ['hosts', 'api', i];
    if (hosts.api.indexOf(host) < i) return [{ path, message: `"${host}" is named twice` }];
    if (hostname(host) !== hostname(hosts.desk)) return [];
    return [
      { path, message: `"${host}" is the Desk's host: the portal's session needs a host name of its own` },
    ];
  });
};

const originProblems = (file: Judged): readonly Problem[] =>
  file.origin === undefined
    ? []
    : placeProblems(file.origin, file).map(({ path, message }) => ({ path: ['origin', ...path], message }));

/** `latchkey:admin` in a key that a user made would make that user an operator. */
const operatorProblems = ({ operators = [], environment, stytch }: Judged): readonly Problem[] =>
  operators.flatMap((id, i) => {
    const path = ['operators', i];
    if (operators.indexOf(id) < i) return [{ path, message: `"${id}" is named twice` }];
    if (OWN_CLIENT_ID.test(id))
      return [{ path, message: "is the id of a user's key: operators are clients made at Stytch" }];
    if (RESERVED_SUBJECT.test(id) && !isPerson(id))
      return [{ path, message: 'is the id of neither a client nor a person' }];
    const [, what, theirs] = STYTCH_ID.exec(id) ?? [];
    if (what === undefined) return [];
    if (environment !== null && theirs !== environment)
      return [{ path, message: `is a ${theirs} ${nameOf(what)}, and the project is ${environment}` }];
    return isPerson(id) && stytch !== undefined && !PERSON_ID[stytch.vertical].test(id)
      ? [{ path, message: `is a ${what}, and a '${stytch.vertical}' project has none` }]
      : [];
  });

const isPerson = (id: string): boolean => Object.values(PERSON_ID).some((form) => form.test(id));
const nameOf = (what: string): string => (what === 'm2m-client' ? 'client' : what);

const OWN_CLIENT_ID = /^[a-z][a-z0-9]{1,11}_(?:live|test)_[0-9A-Za-z]{28}$/;
const STYTCH_ID = /^(m2m-client|user|member)-(live|test)-/;

const roleProblems = ({ roles = {}, scopeNames }: Judged): readonly Problem[] =>
  Object.entries(roles).flatMap(([role, scopes]) =>
    scopes.flatMap((scope, i) =>
      scopeNames.has(scope) ? [] : [{ path: ['roles', role, i], message: `"${scope}" is not in scopes` }],
    ),
  );

/** Only members have an organisation. */
const deskProblems = ({ desk, stytch }: Judged): readonly Problem[] =>
  stytch?.vertical === 'consumer' && (desk?.organizationRoles ?? []).length > 0
    ? [{ path: ['desk', 'organizationRoles'], message: "needs a project whose vertical is 'b2b'" }]
    : [];

/** A key that users make for a CLI has the scopes that they can give themselves. */
const deviceProblems = ({ deviceClients = {}, scopes = {}, scopeNames }: Judged): readonly Problem[] =>
  Object.entries(deviceClients).flatMap(([clientId, client]) =>
    (client.scopes ?? []).flatMap((scope, i) => {
      const path = ['deviceClients', clientId, 'scopes', i];
      if (!scopeNames.has(scope)) return [{ path, message: `"${scope}" is not in scopes` }];
      if (client.scopes?.indexOf(scope) !== i) return [{ path, message: `"${scope}" is named twice` }];
      return scopes[scope]?.selfService === false
        ? [{ path, message: `"${scope}" is none that users give to their keys themselves` }]
        : [];
    }),
  );

const portalProblems = ({ portal, hosts, environment }: Judged): readonly Problem[] => {
  if (portal?.loginUrl === undefined) return [];
  const path = ['portal', 'loginUrl'];
  const problem = receiverUrlProblem(portal.loginUrl, environment);
  if (problem !== null) return [{ path, message: problem }];
  return new URL(portal.loginUrl).host === hosts?.desk
    ? [{ path, message: "is the Desk's own host: users sign in at your app" }]
    : [];
};

const logoProblems = ({ portal }: Judged): readonly Problem[] => {
  const logo = portal?.logo === undefined ? null : readLogo(portal.logo);
  return typeof logo === 'string' ? [{ path: ['portal', 'logo'], message: logo }] : [];
};

const eventProblems = ({ events, hosts, environment }: Judged): readonly Problem[] => {
  if (events === undefined) return [];
  const path = ['events', 'url'];
  const problem = receiverUrlProblem(events.url, environment);
  if (problem !== null) return [{ path, message: problem }];
  return leadsToUs(new URL(events.url), hosts)
    ? [{ path, message: 'is one of our own hosts: nobody there takes events' }]
    : [];
};

const corsProblems = ({ cors, desk, environment }: Judged): readonly Problem[] => [
  ...browserOriginProblems(cors?.origins ?? [], environment, ['cors', 'origins']),
  ...browserOriginProblems(desk?.origins ?? [], environment, ['desk', 'origins']),
];
