import { sourceOf } from '../http/author.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import { type Operating, operatorSubject, ownSubject } from '../model/subject.ts';
import { ownerPathsAt, PATHS } from './paths.ts';
import type { Place } from './place.ts';
import type { PortalPorts, Visit } from './ports.ts';
import type { PortalSession } from './session.ts';

/** Whom the operator's file lists by id. To everybody else there is nothing here, whatever the address (MG-16). */
const listed =
  ({ operatorPeople }: PortalPorts): Place['isFor'] =>
  ({ owner }) =>
    operatorPeople.has(owner.id);

/** Somebody who is listed, and not refused himself. */
const operating = async (
  ports: PortalPorts,
  session: PortalSession,
  visit: Visit,
): Promise<Result<Operating>> => {
  const own = await ports.keys.about(ownSubject(session, ports, sourceOf(visit)));
  if (!own.ok) return own;
  if (own.value.deletion !== null) return err({ reason: 'owner_deleted' });
  return own.value.suspension === null
    ? ok({ id: session.owner.id, via: session.sessionId })
    : err({ reason: 'owner_suspended' });
};

/** Whose keys an operator looks at, the path says. Whatever he does there outlives his session. */
export const createOwnersPlace = (ports: PortalPorts): Place => ({
  kind: 'user',
  route: `${PATHS.operators}/users/:user_id`,
  isFor: listed(ports),
  isStrict: true,
  baseOf: ({ params }) => ownerPathsAt(params.user_id ?? '').home,
  subjectOf: async (session, visit) => {
    const operator = await operating(ports, session, visit);
    if (!operator.ok) return operator;
    const from = sourceOf(visit);
    const who = operatorSubject(operator.value, visit.params.user_id ?? '', ports.everyScope, from);
    return who === null ? err({ reason: 'not_found' }) : ok(who);
  },
});

/** Where operators come in, for nobody's keys yet. */
export const createOperatorsDoor = (ports: PortalPorts): Place => ({
  kind: 'operators',
  route: PATHS.operators,
  isFor: listed(ports),
  isStrict: false,
  baseOf: () => PATHS.operators,
  subjectOf: async (session, visit) => {
    const operator = await operating(ports, session, visit);
    return operator.ok ? ok(ownSubject(session, ports, sourceOf(visit))) : operator;
  },
});
