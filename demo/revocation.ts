import { setTimeout as wait } from 'node:timers/promises';
import { ask, bearer, textOf } from './http.ts';
import { demand, type Key, revokeKey, type User, type World } from './world.ts';

const PAUSE_MS = 50;
/** How long after `effective_by` the key is still asked: it must not come to life again. */
const AFTERWARDS_MS = 1_000;

/** Uses a key before, while and after it is revoked, and measures how long it lived on. */
export const watchRevocation = async (world: World, user: User, key: Key): Promise<void> => {
  const { places, stage } = world;
  const url = `${places.api}/v1/items/1`;
  const call = () => ask(url, { headers: bearer(key.key) });
  demand(await call(), 200);
  const answer = await revokeKey(world, user, key);
  const revokedAt = Date.now();
  const effectiveBy = Date.parse(textOf(answer.json, 'effective_by'));
  stage.tell(`DELETE ${places.desk}/v1/keys/${key.id} → ${answer.status}`);
  stage.list([
    ['status', textOf(answer.json, 'status')],
    ['effective_by', `${textOf(answer.json, 'effective_by')}, ${after(effectiveBy - revokedAt)} from now`],
  ]);
  if (Number.isNaN(effectiveBy)) throw new Error('the answer does not say by when it is in force');

  let calls = 0;
  let lastAdmittedAt = revokedAt;
  let firstRefusedAt: number | null = null;
  let late = 0;
  let afterRefusal = 0;
  let lastStatus = 0;
  for (let sentAt = Date.now(); sentAt <= effectiveBy + AFTERWARDS_MS; sentAt = Date.now()) {
    lastStatus = (await call()).status;
    calls += 1;
    if (lastStatus === 401) firstRefusedAt ??= sentAt;
    if (lastStatus === 200) {
      lastAdmittedAt = sentAt;
      if (sentAt > effectiveBy) late += 1;
      if (firstRefusedAt !== null) afterRefusal += 1;
    }
    await wait(PAUSE_MS);
  }
  stage.tell(`GET ${url}, ${calls} times since then: at first 200, then ${lastStatus}`);
  stage.check(
    lastStatus === 401 && firstRefusedAt !== null,
    'the key is dead',
    `the last answer is ${lastStatus}`,
  );
  stage.check(
    late === 0,
    `it lived on for ${after(lastAdmittedAt - revokedAt)}, not beyond effective_by`,
    `${late} admitted later`,
  );
  stage.check(afterRefusal === 0, 'once refused, it was never admitted again', `${afterRefusal} admitted`);
};

const after = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
