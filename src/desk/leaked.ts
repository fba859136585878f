import { json } from '../http/answer.ts';
import type { Asker } from '../model/asker.ts';
import type { Author } from '../model/author.ts';
import { fingerprintOf } from '../model/fingerprint.ts';
import { MAX_KEY_LENGTH, type ParsedKey, parseKey, tagMaker } from '../model/key.ts';
import { END_OUTCOMES, type EndOutcome } from '../model/life.ts';
import { ok, type Result } from '../model/refusal.ts';
import type { Trace } from '../model/trace.ts';
import * as z from '../model/zod.ts';
import type { Doors } from './doors.ts';
import { effectiveBy } from './effective-by.ts';
import { time } from './objects.ts';
import { operation } from './operation.ts';
import type { DeskPorts } from './ports.ts';

const MAX_URL = 2048;

/** A key in a text (docs/leaked-keys.md). What it is part of does not matter here. */
const KEY_IN_TEXT = /[a-z][a-z0-9]{1,11}_(?:live|test)_[0-9A-Za-z]{28}_[0-9A-Za-z]{28,189}/;

/** What somebody has to say who found a key, or wants one ended. */
export interface Find {
  readonly key: string;
  /** A URL, of whoever found it: shown to the owner. */
  readonly source: string | null;
  /** Of whom alone it may be; null for who found it. */
  readonly by: Asker | null;
  readonly author: Author;
}

/** Whether we made it, dead or alive, and what of it was ended. */
export interface Found {
  readonly ours: boolean;
  readonly ended: EndOutcome;
}

type LeakPorts = Pick<DeskPorts, 'realm' | 'projectId' | 'keychain' | 'ringOfKey'>;

/**
 * Ends what was found, if it is alive; or what somebody presents, if it is alive and his. What was made up costs no I/O:
 * only a tag of ours leads to a Ring, and there only the secret's fingerprint proves that he who reports it has it.
 */
export const endFound = async (ports: LeakPorts, find: Find, trace: Trace): Promise<Result<Found>> => {
  const parsed = parseKey(find.key, ports.realm);
  const keychain = await ports.keychain();
  const ring = parsed === null ? null : ports.ringOfKey(parsed.clientId);
  if (parsed === null || ring === null || (await tagMaker(parsed, keychain)) === null)
    return ok({ ours: false, ended: 'nothing' });
  const { clientId, clientSecret } = parsed;
  trace.keyId = clientId;
  const fingerprints = await Promise.all(
    keychain.all.map((master) => fingerprintOf(master, ports.projectId, clientId, clientSecret)),
  );
  const source = shownSource(find.source, parsed);
  const ended = await ring.endPresented({ clientId, fingerprints, source, by: find.by, author: find.author });
  return ended.ok ? ok({ ours: true, ended: ended.value }) : ended;
};

/**
 * Where it was found, as its owner is shown it. Keys are found in URLs too, and what is written down must open nothing:
 * of such a URL only the origin is kept.
 */
const shownSource = (source: string | null, { clientSecret, tagged }: ParsedKey): string | null => {
  const url = source === null ? null : URL.parse(source);
  if (url === null || !/^https?:$/.test(url.protocol) || url.href.length > MAX_URL) return null;
  const text = decoded(url.href);
  const spelled = tagged.slice(tagged.lastIndexOf('_') + 1);
  const isSafe =
    text !== null &&
    url.username === '' &&
    url.password === '' &&
    !KEY_IN_TEXT.test(text) &&
    ![clientSecret, spelled].some((secret) => text.includes(secret));
  return isSafe ? url.href : `${url.origin}/`;
};

/** Null for a URL whose escapes are no text. */
const decoded = (text: string): string | null => {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
};

/** The body of `POST /v1/leaked`. */
const leakedBody = z
  .strictObject({
    key: z
      .string()
      .check(
        z.trim(),
        z.minLength(1, 'must not be empty'),
        z.maxLength(MAX_KEY_LENGTH, `must have at most ${MAX_KEY_LENGTH} characters`),
        z.meta({ description: 'The whole key, as it was found' }),
      ),
    source: z
      ._default(
        z.nullable(
          z
            .url({ protocol: /^https?$/, message: 'must be a URL: http or https' })
            .check(z.maxLength(MAX_URL, `must have at most ${MAX_URL} characters`)),
        ),
        null,
      )
      .check(z.meta({ description: 'Where it was found; its owner is shown this' })),
  })
  .check(
    z.meta({
      id: 'Leak',
      examples: [
        {
          key: `acme_live_${'0'.repeat(28)}_${'0'.repeat(61)}`,
          source: 'https://gist.github.com/somebody/1',
        },
      ],
    }),
  );

const FOUND = z
  .strictObject({
    ended: z.enum(END_OUTCOMES).check(
      z.meta({
        description:
          'What was ended: the key, or the one of the two secrets of a rotation that was found; nothing if it was dead or never was',
      }),
    ),
    effective_by: z.nullable(time),
  })
  .check(z.meta({ id: 'LeakReport' }));

/** For anybody who found a key. */
export const leakedOperations = (ports: DeskPorts, doors: Doors) =>
  [
    operation({
      ...{ method: 'POST', path: '/v1/leaked', operationId: 'reportLeak', tag: 'Leaks' },
      ...{ door: doors.stranger, body: leakedBody },
      summary: 'Ends a key that was found somewhere',
      description:
        'No credential is needed: whoever has the key can end it. A key that was made up, or is dead, is answered alike.',
      answers: { 200: { description: 'What was ended', body: FOUND } },
      refusals: ['unavailable', 'rate_limited'],
      handle: async ({ who, body, call }) => {
        const found = await endFound(ports, { ...body, by: null, author: who }, call.trace);
        if (!found.ok) return found;
        const { ended } = found.value;
        const at = ended === 'nothing' ? null : effectiveBy(ports);
        return ok(json({ ended, effective_by: at }, 200, call.requestId));
      },
    }),
  ] as const;
