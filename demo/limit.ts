import { ask, bearer } from './http.ts';
import type { Key, World } from './world.ts';

/** So many clients at once. */
const CLIENTS = 16;

/** One request: when it was sent, when its answer was there, and what that was. Milliseconds. */
export interface Shot {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly status: number;
  readonly retryAfter: string | null;
}

/** Asks until it is refused, and counts. */
export const reachLimit = async ({ places, stage }: World, key: Key): Promise<void> => {
  const url = `${places.api}/v1/items/1`;
  const startedAt = Date.now();
  const first = await ask(url, { headers: bearer(key.key) });
  const firstShot = shotOf(first, startedAt, Date.now());
  const limit = readLimit(first.headers.get('ratelimit-policy'));
  if (limit === null) throw new Error('an admitted answer does not say what the limit is (RateLimit-Policy)');
  const { requests, perSeconds } = limit;
  stage.tell(`The limit, as the answers say: ${requests} requests in every ${perSeconds} seconds.`);
  const rest = await shootUntilRefused(url, key, requests * 2);
  const shots = [firstShot, ...rest];
  const admitted = shots.filter(({ status }) => status === 200).length;
  const refused = shots.filter(({ status }) => status === 429);
  const others = shots.filter(({ status }) => status !== 200 && status !== 429);
  const seconds = (Math.max(...shots.map(({ answeredAt }) => answeredAt)) - startedAt) / 1000;
  stage.tell(`GET ${url}, ${CLIENTS} at a time, for ${seconds.toFixed(1)} s: ${shots.length} requests`);
  stage.list([
    ['200', String(admitted)],
    ['429', `${refused.length}, Retry-After: ${refused[0]?.retryAfter ?? '-'}`],
  ]);
  stage.check(
    others.length === 0,
    'every answer was one of these two',
    others.map(({ status }) => status).join(' '),
  );
  stage.check(refused.length > 0, 'the limit was reached');
  const wait = refused.every(({ retryAfter }) => /^[1-9][0-9]*$/.test(retryAfter ?? ''));
  stage.check(wait, 'who is refused is told when to come back');
  const most = mostWithin(shots, perSeconds * 1000);
  const within = seconds < perSeconds ? '' : ` in ${perSeconds} seconds`;
  stage.check(most <= requests, `${most} admitted${within}, and the limit is ${requests}`);
};

/** The policy's owner item (draft-ietf-httpapi-ratelimit-headers): quota and window. */
const readLimit = (policy: string | null) => {
  const [, requests, perSeconds] = /"owner";q=(\d+);w=(\d+)/.exec(policy ?? '') ?? [];
  return requests === undefined ? null : { requests: Number(requests), perSeconds: Number(perSeconds) };
};

/** All answers, in the order of their sending; `atMost` is for a limit that is not kept. */
const shootUntilRefused = async (url: string, key: Key, atMost: number): Promise<readonly Shot[]> => {
  const shots: Shot[] = [];
  let sent = 0;
  let refused = false;
  const client = async (): Promise<void> => {
    while (!refused && sent < atMost) {
      sent += 1;
      const sentAt = Date.now();
      const shot = shotOf(await ask(url, { headers: bearer(key.key) }), sentAt, Date.now());
      refused ||= shot.status === 429;
      shots.push(shot);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return shots.sort((one, other) => one.sentAt - other.sentAt);
};

const shotOf = (answer: { status: number; headers: Headers }, sentAt: number, answeredAt: number): Shot => ({
  ...{ sentAt, answeredAt, status: answer.status },
  retryAfter: answer.headers.get('retry-after'),
});

/**
 * The most that were admitted in any one interval of a length. A request was decided between its sending and its
 * answer, so that only those that lie within the interval with both are sure to belong to it.
 */
export const mostWithin = (shots: readonly Shot[], lengthMs: number): number => {
  const admitted = shots.filter(({ status }) => status === 200);
  const counts = admitted.map(
    ({ sentAt: from }) =>
      admitted.filter(({ sentAt, answeredAt }) => sentAt >= from && answeredAt <= from + lengthMs).length,
  );
  return Math.max(0, ...counts);
};
