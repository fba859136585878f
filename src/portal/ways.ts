import type { SignedIn } from '../model/subject.ts';
import type { Way } from './layout.tsx';
import { PATHS, pathsAt } from './paths.ts';
import type { Place } from './place.ts';
import type { PortalPorts } from './ports.ts';
import { WORDS } from './words.ts';

const { nav: words } = WORDS;

/** Whose keys somebody can look at, where that is more than his own. */
export const placesFor = (
  { owner, roles }: SignedIn,
  { organizationRoles, operatorPeople }: Pick<PortalPorts, 'organizationRoles' | 'operatorPeople'>,
  here: Place | null,
): readonly Way[] => {
  const isKeymaster = owner.organizationId !== null && roles.some((role) => organizationRoles.includes(role));
  const isOperating = here?.kind === 'operators' || here?.kind === 'user';
  const places = [
    { label: words.own, href: PATHS.home, isHere: here?.kind === 'own' },
    ...(isKeymaster
      ? [{ label: words.organization, href: PATHS.organization, isHere: here?.kind === 'organization' }]
      : []),
    ...(operatorPeople.has(owner.id)
      ? [{ label: words.operators, href: PATHS.operators, isHere: isOperating }]
      : []),
  ];
  return places.length === 1 ? [] : places;
};

/** The pages of operators that are of no owner's keys. */
export const operatorWays = (pathname: string): readonly Way[] => [
  { label: words.find, href: PATHS.operators, isHere: pathname === PATHS.operators },
  { label: words.health, href: PATHS.health, isHere: pathname === PATHS.health },
];

/** The pages of a place. */
export const waysAt = (base: string, pathname: string, isOwn: boolean): readonly Way[] => {
  const paths = pathsAt(base);
  const way = (label: string, href: string): Way => ({ label, href, isHere: pathname === href });
  return [
    way(words.keys, paths.home),
    way(words.usage, paths.usage),
    way(words.audit, paths.audit),
    ...(isOwn ? [way(words.device, PATHS.device)] : []),
  ];
};
