import { integerBelow, type Random } from '../simulate/random.ts';
import { atDesk, newTaking, orSuspended, settleTaking, type Wish, wrong } from './desk.ts';
import { openMeter } from './meter.ts';
import { type Key, type Owner, ofSecret, ofToken, type Secret, type Token } from './people.ts';
import { LEASE_SECONDS, OWN_LIMIT, SCOPES } from './settings.ts';
import { pick, rememberEnded, remove, type Soak } from './soak.ts';
import { ask, latest, openTimeline, possible, type Setting, withdraw } from './timeline.ts';

// What users do with their keys, each time at the Desk and in the model.

/** A key as the Desk shows it. */
export interface KeyShown {
  readonly key_id: string;
  readonly owner: { readonly id: string };
  readonly name: string;
  readonly scopes: readonly string[];
  readonly status: string;
  readonly expires_at: string | null;
  readonly rotation: { readonly finishes_at: string } | null;
}

interface IssuedShown extends KeyShown {
  readonly key: string;
}

interface EndedShown extends KeyShown {
  readonly effective_by: string;
}

/** How much longer than its effective end something that was taken away is tried. */
const WATCH_MS = 2_000;

/** After the end of a rotation, a token may still be taken for one of before for so long: the Ring's 5 s, and Stytch's turn. */
const UNCLEAR_MS = 10_000;

export const bearerOf = ({ session }: Owner): string => `Bearer ${session.jwt}`;

export const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((each) => other.includes(each));

const someScopes = (random: Random): readonly string[] => {
  const some = SCOPES.filter(() => random() < 0.75);
  return some.length === 0 ? ['items:read'] : some;
};

const secretFrom = (key: string, keyId: string, since: number): Secret => ({
  ...{ key, pair: btoa(`${keyId}:${key.slice(keyId.length + 1)}`), alive: openTimeline(true, since) },
});

export interface IssueOptions {
  /** Until it expires; null for no end. */
  readonly seconds: number | null;
  /** Whether it has a limit of its own. */
  readonly hasLimit: boolean;
}

/** A user makes himself a key. */
export const issue = async (
  soak: Soak,
  random: Random,
  owner: Owner,
  { seconds, hasLimit }: IssueOptions,
): Promise<void> => {
  const scopes = someScopes(random);
  const end = seconds === null ? null : (Math.ceil(Date.now() / 1000) + seconds) * 1000;
  const name = `key ${owner.keys.length}`;
  const body = {
    ...{ name, scopes },
    ...(end === null ? {} : { expires_at: new Date(end).toISOString() }),
    ...(hasLimit ? { limit: { requests: OWN_LIMIT.requests, per_seconds: OWN_LIMIT.perSeconds } } : {}),
  };
  const wish: Wish = {
    ...{ what: 'issue', method: 'POST', path: '/v1/keys', as: bearerOf(owner), body, statuses: [201] },
    about: owner.userId,
  };
  const { value, answeredAt } = await atDesk<IssuedShown>(soak, random, wish);
  if (value === null) return;
  const keyId = value.key_id;
  if (value.owner.id !== owner.userId || !isSame(value.scopes, scopes))
    wrong(soak, wish, answeredAt, 'is not the key that was asked for', value.key_id);
  const key: Key = {
    ...{ keyId, owner, name, alive: openTimeline(true), scopes: openTimeline<readonly string[]>(scopes) },
    meter: hasLimit ? openMeter(`key ${keyId}`, OWN_LIMIT.requests, OWN_LIMIT.perSeconds) : null,
    ...{ secrets: [secretFrom(value.key, keyId, 0)], tokens: [], expiresAt: null, isRevoked: false },
    ...{ rotationEndsAt: null, tokensUnclearUntil: 0, generation: 0, allowedExchanges: 1, parts: new Set() },
    isUnclear: false,
  };
  owner.keys.push(key);
  owner.auditRows++;
  (owner.meter === null && key.meter === null ? soak.keys : soak.small).push(key);
  if (end !== null) expireAt(soak, key, end);
};

/** Writes down when a key ends by itself: to the second, by any isolate's own clock. */
const expireAt = (soak: Soak, key: Key, at: number): void => {
  key.expiresAt = at;
  const taking = { ...newTaking('expired'), answeredAt: at, effectiveBy: at };
  Object.assign(ask(key.alive, false, at, taking), { sureAt: at, strictlySureAt: at });
  soak.tally.takings.push(taking);
};

/** Takes a key out of those that are used, and has what is left of it tried. */
export const leave = (soak: Soak, key: Key, until: number): void => {
  remove(soak.keys, key);
  remove(soak.small, key);
  const [secret] = key.secrets;
  if (secret !== undefined) {
    rememberEnded(soak, ofSecret(key, secret, 'bearer'), until + WATCH_MS);
    rememberEnded(soak, ofSecret(key, secret, 'basic'), until + WATCH_MS);
  }
  for (const token of key.tokens) rememberEnded(soak, ofToken(key, token), until + WATCH_MS);
};

/** What the Desk did is not known: nothing can be said of the key any more. */
const lose = (soak: Soak, key: Key): void => {
  key.isUnclear = true;
  remove(soak.keys, key);
  remove(soak.small, key);
};

const wishFor = (
  key: Key,
  what: string,
  method: string,
  path: string,
  body: unknown,
  statuses: readonly number[],
) => ({
  ...{ what, method, path: `/v1/keys/${key.keyId}${path}`, as: bearerOf(key.owner), statuses },
  ...(body === null ? {} : { body }),
  about: key.keyId,
});

/** A user takes a scope away from a key. */
export const narrow = async (soak: Soak, random: Random, key: Key): Promise<void> => {
  const before = latest(key.scopes) ?? [];
  if (before.length < 2) return;
  const dropped = integerBelow(random, before.length);
  const scopes = before.filter((_, i) => i !== dropped);
  const wish = wishFor(key, 'narrow', 'PATCH', '', { scopes }, [200, 409]);
  const setting = ask(key.scopes, scopes, Date.now(), newTaking('narrowed'));
  const told = await atDesk<EndedShown>(soak, random, wish);
  if (told.status === 409) return withdraw(key.scopes, setting);
  if (told.value === null) return lose(soak, key);
  if (!isSame(told.value.scopes, scopes))
    wrong(soak, wish, told.askedAt, 'has other scopes', told.value.scopes);
  const by = settleTaking(soak, wish, [setting], told, told.value.effective_by);
  newGeneration(key);
  // Until Stytch was told, the token endpoint gives one for part of what the client has.
  key.allowedExchanges += key.secrets.length;
  key.owner.auditRows++;
  const [secret] = key.secrets;
  if (secret !== undefined)
    soak.watched.push({ credential: ofSecret(key, secret, 'bearer'), until: by + WATCH_MS });
};

/** A user gives a key another scope. */
export const widen = async (soak: Soak, random: Random, key: Key): Promise<void> => {
  const before = latest(key.scopes) ?? [];
  const added = pick(
    random,
    SCOPES.filter((scope) => !before.includes(scope)),
  );
  if (added === undefined) return;
  const scopes = [...before, added];
  const wish = wishFor(key, 'widen', 'PATCH', '', { scopes }, [200, 409]);
  const setting = ask(key.scopes, scopes, Date.now());
  const told = await atDesk<EndedShown>(soak, random, wish);
  if (told.status === 409) return withdraw(key.scopes, setting);
  if (told.value === null) return lose(soak, key);
  if (!isSame(told.value.scopes, scopes))
    wrong(soak, wish, told.askedAt, 'has other scopes', told.value.scopes);
  const sureAt = told.answeredAt + LEASE_SECONDS * 1000;
  Object.assign(setting, { sureAt, strictlySureAt: sureAt });
  newGeneration(key);
  key.owner.auditRows++;
};

/** A user sets the end of a key, a few seconds from now. */
export const setEnd = async (soak: Soak, random: Random, key: Key): Promise<void> => {
  if (key.expiresAt !== null || key.rotationEndsAt !== null) return;
  const at = (Math.ceil(Date.now() / 1000) + 8 + integerBelow(random, 8)) * 1000;
  const wish = wishFor(
    key,
    'set an end',
    'PATCH',
    '',
    { expires_at: new Date(at).toISOString() },
    [200, 409],
  );
  const told = await atDesk<EndedShown>(soak, random, wish);
  if (told.status === 409) return;
  if (told.value === null) return lose(soak, key);
  expireAt(soak, key, Math.max(at, Date.parse(told.value.effective_by)));
  key.expiresAt = at;
  key.owner.auditRows++;
};

/** A user ends a key. */
export const revoke = async (soak: Soak, random: Random, key: Key): Promise<void> => {
  const wish = wishFor(key, 'revoke', 'DELETE', '', null, [200]);
  const setting = ask(key.alive, false, Date.now(), newTaking('revoked'));
  const told = await atDesk<EndedShown>(soak, random, wish);
  if (told.value === null) return lose(soak, key);
  const by = settleTaking(soak, wish, [setting], told, told.value.effective_by);
  key.isRevoked = true;
  key.rotationEndsAt = null;
  key.owner.auditRows++;
  leave(soak, key, by);
};

/** A user gives a key a second secret; without an overlap, another one. */
export const rotate = async (soak: Soak, random: Random, key: Key, overlapSeconds: number): Promise<void> => {
  if (key.rotationEndsAt !== null || key.expiresAt !== null) return;
  const body = { overlap_seconds: overlapSeconds };
  const wish = wishFor(key, 'rotate', 'POST', '/rotate', body, [200, 409]);
  const ending = overlapSeconds === 0 ? endSecret(key, 0, Date.now(), 'rotated out') : [];
  const told = await atDesk<IssuedShown & { readonly effective_by: string | null }>(soak, random, wish);
  if (told.status === 409) return takeBack(key, ending);
  if (told.value === null) return lose(soak, key);
  const { key: text, rotation, effective_by: effectiveBy } = told.value;
  key.secrets.push(secretFrom(text, key.keyId, 0));
  key.allowedExchanges++;
  key.owner.auditRows++;
  if (overlapSeconds > 0) {
    key.rotationEndsAt = Date.parse(rotation?.finishes_at ?? '');
    return;
  }
  const by = settleTaking(soak, wish, ending.map(settingOf), told, effectiveBy ?? '');
  settleRotation(soak, key, 0, told.answeredAt, by);
};

/** What of a key is on its way out, and the timeline that says so. */
interface Ending {
  readonly of: { readonly alive: Secret['alive'] };
  readonly setting: Setting<boolean>;
}

const settingOf = ({ setting }: Ending): Setting<boolean> => setting;

/** One of two secrets is to end, and every token of before with it: none says which of the two opened it. */
const endSecret = (key: Key, index: number, at: number, kind: string): readonly Ending[] => {
  const taking = newTaking(kind);
  const secret = key.secrets[index];
  return [...(secret === undefined ? [] : [secret]), ...key.tokens].map((of) => ({
    of,
    setting: ask(of.alive, false, at, taking),
  }));
};

const takeBack = (_key: Key, ending: readonly Ending[]): void => {
  for (const { of, setting } of ending) withdraw(of.alive, setting);
};

/** A rotation is over: one secret is left, and tokens are to be asked for anew. */
const settleRotation = (soak: Soak, key: Key, gone: number, endedAt: number, by: number): void => {
  const [secret] = key.secrets.splice(gone, 1);
  if (secret !== undefined) rememberEnded(soak, ofSecret(key, secret, 'bearer'), by + WATCH_MS);
  for (const token of key.tokens) rememberEnded(soak, ofToken(key, token), by + WATCH_MS);
  key.tokens.splice(0);
  key.rotationEndsAt = null;
  key.tokensUnclearUntil = endedAt + UNCLEAR_MS;
  key.owner.auditRows++;
  newGeneration(key);
  // A token of these seconds serves the key itself, and is none that is handed out later.
  key.allowedExchanges += key.secrets.length;
};

/** A user ends the old secret of a rotation, or takes the new one back. */
export const endRotation = async (
  soak: Soak,
  random: Random,
  key: Key,
  verb: 'finish' | 'cancel',
): Promise<void> => {
  if (!isOpen(key)) return;
  const gone = verb === 'finish' ? 0 : 1;
  const wish = wishFor(key, `rotate, ${verb}`, 'POST', `/rotate/${verb}`, null, [200]);
  const ending = endSecret(key, gone, Date.now(), verb === 'finish' ? 'rotated out' : 'rotation cancelled');
  const told = await atDesk<EndedShown>(soak, random, wish);
  if (told.value === null) return lose(soak, key);
  const by = settleTaking(soak, wish, ending.map(settingOf), told, told.value.effective_by);
  settleRotation(soak, key, gone, told.answeredAt, by);
};

/** A rotation that does not end by itself in this very moment. */
const isOpen = ({ rotationEndsAt }: Key): boolean =>
  rotationEndsAt !== null && rotationEndsAt > Date.now() + END_NEAR_MS;

const END_NEAR_MS = 10_000;

/** Rotations end by themselves: to the second, whoever knows it. */
export const endOverdue = (soak: Soak, key: Key): void => {
  const { rotationEndsAt } = key;
  // What is shown is cut to the second.
  if (rotationEndsAt === null || rotationEndsAt > Date.now() + 1_000) return;
  const at = rotationEndsAt + 1_000;
  const by = at + LEASE_SECONDS * 1000;
  const ending = endSecret(key, 0, rotationEndsAt, 'rotated out by itself');
  for (const { setting } of ending) Object.assign(setting, { sureAt: by, strictlySureAt: at });
  const taking = ending[0]?.setting.taking ?? null;
  if (taking !== null) {
    Object.assign(taking, { answeredAt: at, effectiveBy: by });
    soak.tally.takings.push(taking);
  }
  settleRotation(soak, key, 0, at + 2_000, by);
};

interface LeakShown {
  readonly ended: string;
  readonly effective_by: string | null;
}

/** Somebody found a key, and says so: what he found is ended. */
export const leak = async (soak: Soak, random: Random, key: Key): Promise<void> => {
  const isRotating = key.rotationEndsAt !== null;
  if (isRotating && !isOpen(key)) return;
  const index = integerBelow(random, key.secrets.length);
  const secret = key.secrets[index];
  if (secret === undefined) return;
  const wish: Wish = {
    ...{ what: 'report a leak', method: 'POST', path: '/v1/leaked', as: null, body: { key: secret.key } },
    ...{ statuses: [200], about: key.keyId },
  };
  const ending = isRotating ? endSecret(key, index, Date.now(), 'leaked') : [];
  const setting = isRotating ? null : ask(key.alive, false, Date.now(), newTaking('leaked'));
  const told = await atDesk<LeakShown>(soak, random, wish);
  if (told.value === null) return lose(soak, key);
  const expected = !isRotating ? 'key' : index === 0 ? 'old_secret' : 'next_secret';
  if (told.value.ended !== expected) wrong(soak, wish, told.askedAt, `ended ${told.value.ended}`, expected);
  const settings = setting === null ? ending.map(settingOf) : [setting];
  const by = settleTaking(soak, wish, settings, told, told.value.effective_by ?? '');
  key.owner.auditRows++;
  if (isRotating) return settleRotation(soak, key, index, told.answeredAt, by);
  key.isRevoked = true;
  key.owner.auditRows++;
  leave(soak, key, by);
};

/** What a key was before is evidence no more: each of its secrets may be exchanged once again. */
const newGeneration = (key: Key): void => {
  key.generation++;
  key.allowedExchanges += key.secrets.length;
};

/** As many tokens of a key are used. */
const MAX_TOKENS = 4;

/** A scope that was given just now may not be known everywhere for a lease. */
const mayLack = ({ scopes }: Key, wanted: readonly string[]): boolean =>
  possible(scopes, Date.now(), Date.now(), false).some((set) => !wanted.every((one) => set.includes(one)));

/** Promise 4 allows an exchange for each part of a key's scopes, by secret and by what the key is at the time. */
const allowPart = (key: Key, secret: Secret, part: readonly string[]): void => {
  const isUnclear = Date.now() < key.tokensUnclearUntil;
  const name = `${key.generation} ${isUnclear} ${secret.pair} ${part.join(' ')}`;
  if (!key.parts.has(name)) key.allowedExchanges++;
  key.parts.add(name);
};

/** A program asks for an access token, now and then for part of the scopes (RFC 6749 §4.4). */
export const requestToken = async (soak: Soak, random: Random, key: Key): Promise<void> => {
  const index = integerBelow(random, key.secrets.length);
  const secret = key.secrets[index];
  const scopes = latest(key.scopes) ?? [];
  if (secret === undefined) return;
  const part =
    scopes.length > 1 && random() < 0.3 ? [scopes[integerBelow(random, scopes.length)] ?? ''] : null;
  const wish: Wish = {
    ...{ what: 'token', method: 'POST', path: '/oauth2/token', as: `Basic ${secret.pair}` },
    statuses: [200, ...orSuspended(key.owner, 400), ...(mayLack(key, part ?? []) ? [400] : [])],
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      ...(part === null ? {} : { scope: part.join(' ') }),
    }),
    about: key.keyId,
  };
  if (part !== null) allowPart(key, secret, part);
  const told = await atDesk<{ access_token: string; scope: string; expires_in: number }>(soak, random, wish);
  // A key that changed meanwhile has had its token thrown away, and another one asked for.
  if (part !== null) allowPart(key, secret, part);
  if (told.value === null) return;
  const { access_token: jwt, scope, expires_in: seconds } = told.value;
  const given = scope.split(' ');
  if (!given.every((one) => (part ?? scopes).includes(one)))
    wrong(soak, wish, told.askedAt, 'has scopes that were not asked for', given);
  if (key.tokens.some((token) => token.jwt === jwt)) return;
  const token: Token = {
    ...{ jwt, scopes: given, expiresAt: told.askedAt + seconds * 1000, alive: openTimeline(true) },
  };
  if (told.askedAt < key.tokensUnclearUntil) ask(token.alive, false, 0);
  key.tokens.push(token);
  if (key.tokens.length > MAX_TOKENS) key.tokens.shift();
};
