import { openMeter, type SavedMeter } from '../../../../src/model/meter.ts';
import type {
  Admission,
  AdmitRequest,
  CredentialName,
  ExchangeAnswer,
  ExchangeRequest,
  Standing,
} from '../../../../src/model/ports.ts';
import { seal } from '../../../../src/model/seal.ts';
import { seededBytes } from '../../model/keys.ts';
import { keychain, NOW, PROJECT } from '../world.ts';
import { BOTH, type Key, keyNamed, type Person, READ, tokenText } from './people.ts';
import type { Plan } from './plan.ts';

/** Units that the Ring gave to requests that waited for it: counted when it decided, whoever hears of it. */
export interface Decided {
  readonly at: number;
  readonly cost: number;
  /** The key whose own limit counts them as well; empty for none. */
  readonly purse: string;
}

/** One owner's Ring, in a few lines: the real meter, and of each key whether it lives and what it may. */
export const openRing = (person: Person, plan: Plan, decided: Decided[]) => {
  const leaseMs = plan.leaseSeconds * 1000;
  const keys = person.keys.map(() => ({ ended: false, generation: 1, scopes: BOTH as readonly string[] }));
  let suspended = false;
  let clockMs = 0;
  let stored: SavedMeter | null = null;
  let meter = openMeter(null);
  let answered = new Set<string>();
  const now = (): number => Date.now() + clockMs;

  const standingOf = (name: CredentialName): Standing => {
    const place = keyNamed(person, name);
    const key = place === null ? undefined : keys[place];
    if (name.kind === 'secret' && person.keys[place ?? 0]?.fingerprint !== name.fingerprint)
      return { status: 'unknown', leaseMs };
    if (key?.ended) return { status: 'revoked', leaseMs };
    if (suspended) return { status: 'suspended', leaseMs };
    const { scopes = null, generation = 0 } = key ?? {};
    const ownLimit = place === 1 && plan.keyLimit !== null;
    return {
      ...{ status: 'live', owner: person.owner, scopes, generation, expiresAt: null, ownLimit, leaseMs },
    };
  };

  const grantFor = ({ ask }: AdmitRequest, ownLimit: boolean) => {
    if ((ask.purse !== '') !== ownLimit) return null;
    const rules = {
      ...{ owner: plan.limit, key: ownLimit ? plan.keyLimit : null, unitsPerMonth: null, leaseMs },
    };
    const grant = meter.ask(structuredClone(ask), rules, now());
    if (!answered.has(ask.leaseId))
      for (const cost of ask.costs.slice(0, grant.decided))
        decided.push({ at: Date.now(), cost, purse: ask.purse });
    answered.add(ask.leaseId);
    stored = JSON.parse(JSON.stringify(meter.saved()));
    return grant;
  };

  return {
    admit: (request: AdmitRequest): Admission => {
      const standing = standingOf(request.credential);
      const grant = standing.status === 'live' ? grantFor(request, standing.ownLimit) : null;
      return { standing, others: request.others.map(standingOf), grant, sealed: null };
    },
    exchange: async ({ credential }: ExchangeRequest): Promise<ExchangeAnswer> => {
      const standing = standingOf(credential);
      if (standing.status !== 'live')
        return standing.status === 'unproven'
          ? { exchanged: { result: 'refused' }, stytchMs: 0 }
          : { exchanged: { result: 'ended', status: standing.status }, stytchMs: 0 };
      const { generation, scopes } = standing;
      const key = person.keys[keyNamed(person, credential) ?? 0];
      const token = tokenText(key, generation, scopes ?? []);
      const sealed = await sealedOnce(person, key, generation, token);
      const life = { expiresAt: NOW + 40 * 86_400, made: true };
      return { exchanged: { result: 'token', token, sealed, generation, ...life }, stytchMs: 0 };
    },
    /** The machine dies, and another one reads what was written down. */
    restart: (): void => {
      meter = openMeter(stored);
      answered = new Set();
    },
    /** A clock that jumps forward is more than any meter can bear (docs/leases.md). */
    clockBack: (ms: number): void => {
      clockMs -= Math.abs(ms);
    },
    revoke: (place: 0 | 1): void => {
      if (keys[place] !== undefined) keys[place].ended = true;
    },
    narrow: (place: 0 | 1): void => {
      const key = keys[place];
      if (key !== undefined) Object.assign(key, { scopes: READ, generation: key.generation + 1 });
    },
    suspend: (isSuspended: boolean): void => {
      suspended = isSuspended;
    },
  };
};

const sealings = new Map<string, string>();

/** The same for a token each time: sealing is what takes longest. */
const sealedOnce = async (person: Person, key: Key, generation: number, token: string): Promise<string> => {
  const known = sealings.get(token);
  if (known !== undefined) return known;
  const kept = { token, clientId: key.id, ring: person.ring, generation };
  const context = { project: PROJECT, place: key.fingerprint };
  const sealed = await seal(kept, key.secret, keychain.current, context, seededBytes(sealings.size + 1));
  sealings.set(token, sealed);
  return sealed;
};
