import { toBase62 } from '../../src/model/base62.ts';
import type { Owner } from '../../src/model/identity.ts';
import { ringOfOwner } from '../../src/model/key.ts';
import type { Admission, CredentialName, Standing, VerifyToken } from '../../src/model/ports.ts';
import { MAX_TOKEN_LENGTH } from '../../src/stytch/token.ts';
import { MAX_HEAP_GROWTH_MIB, MAX_HEAP_MIB } from './bounds.ts';
import { openClock } from './clock.ts';
import { heapMiB } from './heap.ts';
import { openIsolate } from './isolate.ts';
import { PROJECT } from './owners.ts';
import type { RingsSide } from './rings.ts';

/** Of four kinds in turns: what is long in each is as long as it may be. */
const KINDS = ['session', 'access token', 'without the scope', 'bad'] as const;
type Kind = (typeof KINDS)[number];

const NOON = Date.UTC(2026, 10, 1, 12);
const LEASE_MS = 5_000;
const BATCH = 100;
const SAMPLES = 20;
const MS_PER_REQUEST = 0.4;

/** As many scopes as a token of 8 KiB says, with the one that is asked for. */
const SCOPES = Array.from({ length: 99 }, (_, i) => `items:${String(i).padStart(3, '0')}:of-a-long-name`);

const kindOf = (index: number): Kind => KINDS[index % KINDS.length] ?? 'bad';

/** Every token is of another owner. */
const ownerOf = (index: number): Owner => ({
  kind: 'user',
  id: `user-test-${String(index).padStart(36, '0')}`,
  organizationId: null,
});

/** A text of its own, in one piece: what is put together shares its parts. */
const textOf = (index: number): string => Buffer.alloc(MAX_TOKEN_LENGTH, `${index} `).toString('latin1');

const verifyToken: VerifyToken = async (jwt, now) => {
  const index = Number(jwt.slice(0, jwt.indexOf(' ')));
  const kind = kindOf(index);
  if (kind === 'bad') return { verdict: 'bad', because: 'made up' };
  // Made anew for each, as if it had been read.
  const scopes = SCOPES.map((scope) => Buffer.from(scope).toString('latin1'));
  const granted = kind === 'without the scope' ? scopes : [...scopes, 'items:read'];
  const owner = ownerOf(index);
  const issuedAt = Math.floor(now / 1000);
  const ages = { issuedAt, expiresAt: issuedAt + 300 };
  if (kind === 'session') {
    const session = { owner, sessionId: `session-${index}`, roles: granted, authenticatedAt: issuedAt };
    return { verdict: 'good', token: { kind, ...session, ...ages, sessionExpiresAt: issuedAt + 3_600 } };
  }
  const clientId = `acme_test_${await ringOfOwner(PROJECT, owner)}${toBase62(BigInt(index), 11)}`;
  const client = { clientId, ownerId: owner.id, organizationId: null, scopes: granted };
  return { verdict: 'good', token: { kind: 'm2m', ...client, ...ages } };
};

/** Rings that lend to everybody and remember nobody. */
const rings: RingsSide = {
  keys: async () => [],
  admit: async (_, { credential, others, ask }) =>
    ({
      standing: standingOf(credential),
      others: others.map(standingOf),
      grant: {
        ...{ leaseId: ask.leaseId, decided: ask.costs.length, units: 8, ms: LEASE_MS - 100 },
        ...{ levels: [], active: 1, scarce: false, limited: null },
      },
      sealed: null,
    }) satisfies Admission,
  exchange: () => Promise.reject(new Error('only tokens are presented')),
  settle: async () => undefined,
  findings: () => Promise.reject(new Error('nothing is written down')),
};

const standingOf = (name: CredentialName): Standing => ({
  ...{ status: 'live', owner: name.kind === 'secret' ? ownerOf(0) : name.owner, leaseMs: LEASE_MS },
  ...{ scopes: null, generation: 0, expiresAt: null, ownLimit: false },
});

/** Presents so many different JWTs to one isolate. Whether its heap stayed small. */
export const sendTokens = async (requests: number, graceMs: number): Promise<boolean> => {
  const clock = openClock(NOON);
  const isolate = await openIsolate(rings, clock, graceMs, verifyToken);
  const samples: number[] = [];
  const every = Math.max(BATCH, Math.floor(requests / SAMPLES / BATCH) * BATCH);
  let letIn = 0;
  for (let from = 0; from < requests; from += BATCH) {
    const texts = Array.from({ length: BATCH }, (_, i) => textOf(from + i));
    const passed = await Promise.all(texts.map(isolate.present));
    letIn += passed.filter((each) => each).length;
    clock.pass(BATCH * MS_PER_REQUEST);
    if ((from + BATCH) % every !== 0) continue;
    const heap = heapMiB();
    samples.push(heap);
    console.log(`${String(from + BATCH).padStart(9)} different JWTs: ${heap.toFixed(1)} MiB`);
  }
  await isolate.background();
  const half = samples.length / 2;
  const growth = Math.max(...samples.slice(half)) - Math.max(...samples.slice(0, half));
  const problems = [
    ...(letIn === requests / 2 ? [] : [`${letIn} were let in, of ${requests}`]),
    ...(Math.max(...samples) > MAX_HEAP_MIB ? [`the heap is above ${MAX_HEAP_MIB} MiB`] : []),
    ...(growth > MAX_HEAP_GROWTH_MIB ? ['the heap grows'] : []),
  ];
  for (const problem of problems) console.log(`wrong: ${problem}`);
  return problems.length === 0;
};
