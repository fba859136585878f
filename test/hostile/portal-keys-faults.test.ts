import { describe, expect, it } from 'vitest';
import { failBinding, type Kind } from '../faults/kinds.ts';
import {
  formTo,
  madeKey,
  newHolder,
  newKeyForm,
  PLACES,
  problemsIn,
  routesOf,
  shownKey,
} from '../key-pages.ts';
import { newPerson, textOf } from '../person.ts';
import { beginAfresh, call, desk, emulator, fault, isolate, later, rooms, stytchCalls } from '../world.ts';

/** SECURITY.md section 3, property 7, at the pages of keys: what cannot be known is told as that, whole, and nothing is lost. */
beginAfresh();

const FAULTS = ['throw', 'null', 'text', 'object', 'overloaded'] as const satisfies readonly Kind[];
type Fault = (typeof FAULTS)[number];

/** None of these asks anybody, or waits. */
const failing = (kind: Fault): Promise<never> => failBinding(kind, never, never);
const never = async () => {
  throw new Error('it was asked');
};

/** An isolate whose calls to Rings are noted, and of which one fails. */
const watched = () => {
  const calls: string[] = [];
  let armed: { readonly at: number; readonly kind: Fault } | null = null;
  const ringOf = (ring: object) =>
    new Proxy(ring, {
      get: (object, method) => {
        if (typeof Reflect.get(object, method) !== 'function') return Reflect.get(object, method);
        return (...each: unknown[]) => {
          const at = calls.push(String(method)) - 1;
          if (armed?.at === at) return failing(armed.kind);
          return (object as Record<string, (...each: unknown[]) => unknown>)[String(method)]?.(...each);
        };
      },
    });
  const KEY_RING = { getByName: (name: string) => ringOf(rooms.KEY_RING.getByName(name)) };
  const here = isolate({ KEY_RING });
  return {
    ...here,
    /** What is asked of Rings from here on. */
    calls,
    arm: (at: number, kind: Fault) => {
      calls.length = 0;
      armed = { at, kind };
    },
    disarm: () => {
      calls.length = 0;
      armed = null;
    },
  };
};

/** Somebody with a key, in an isolate that is watched. */
const setting = async () => {
  const here = watched();
  const holder = await newHolder(here.fetch);
  const key = await madeKey(holder, { name: 'Nightly backup' });
  here.disarm();
  return { here, holder, ...key };
};

const isNoAnswer = async (answer: Response, what: string, kind: Fault) => {
  // That a Ring is overloaded is its owner's doing.
  const status = kind === 'overloaded' ? 429 : 503;
  expect([what, answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([what, status, true]);
  const html = await answer.clone().text();
  expect([what, html.split('</html>').length, html.split('<main').length]).toEqual([what, 2, 2]);
  expect(html).not.toMatch(/secret words|TypeError|undefined/);
  expect(await shownKey(answer)).toBeNull();
};

describe('a page', () => {
  const PAGES = routesOf('own')
    .filter(({ method }) => method === 'GET')
    .map(({ path }) => path);

  it.each(PAGES)(
    '%s of which anything cannot be known is none: 503, whole, and right again',
    async (route) => {
      const { here, holder, keyId } = await setting();
      const path = route.replace(':key_id', keyId);
      expect((await holder.get(path)).status).toBe(200);
      const calls = [...here.calls];
      expect(calls.length > 0 || route === '/keys/new').toBe(true);
      for (const [at, name] of calls.entries())
        for (const kind of FAULTS) {
          // `null` says of a key that there is none, and of limits that there are none: an answer like another.
          if (kind === 'null' && ['get', 'limits'].includes(name)) continue;
          here.arm(at, kind);
          const answer = await holder.get(path);
          await isNoAnswer(answer, `${path}: ${kind} at ${at} (${name})`, kind);
          expect(await textOf(answer)).not.toContain('Nightly backup');
        }
      here.disarm();
      expect((await holder.get(path)).status).toBe(200);
    },
  );

  it('of a session that Stytch says nothing of is none either, and the session stays', async () => {
    const { holder, keyId } = await setting();
    await later(301);
    await fault('sessions.authenticate', { kind: 'status', status: 500 });
    const cookie = holder.cookies.get('__Host-latchkey');
    for (const route of PAGES) {
      const answer = await holder.get(route.replace(':key_id', keyId));
      await isNoAnswer(answer, route, 'throw');
      expect(holder.cookies.get('__Host-latchkey')).toBe(cookie);
    }
    await emulator('DELETE', '/faults');
    expect((await holder.get('/')).status).toBe(200);
  });
});

/** What there is of the key, and what Stytch was asked to do. */
const stateOf = async ({ session }: { readonly session: string }) => {
  const { data } = (await (await desk(session, 'GET', '/v1/keys?status=all')).json()) as { data: unknown };
  const calls = Object.entries(await stytchCalls()).filter(([name]) => name.startsWith('m2m.'));
  return { data, calls };
};

describe('a form of which nobody knows what came of it', () => {
  it('to make a key stays as it is, and sent again makes one', async () => {
    const { here, holder } = await setting();
    const form = await newKeyForm(holder, { name: 'second', expires: '30', allowlist: '192.0.2.7' });
    const before = await stateOf(holder);
    for (const kind of FAULTS) {
      here.arm(0, kind);
      const answer = await holder.post('/keys', form);
      await isNoAnswer(answer, `create: ${kind}`, kind);
      expect([here.calls, await formTo(answer, '/keys')]).toEqual([['issue'], form]);
      expect(await problemsIn(answer)).toEqual({});
    }
    expect(await stateOf(holder)).toEqual(before);
    here.disarm();
    expect(await shownKey(await holder.post('/keys', form))).not.toBeNull();
  });

  it('to change one stays as it is where the change is what failed', async () => {
    const { here, holder, path } = await setting();
    const form = await formTo(await holder.get(`${path}/change`), `${path}/change`, { name: 'renamed' });
    const before = await stateOf(holder);
    here.disarm();
    for (const kind of FAULTS)
      for (const at of [0, 1, 2]) {
        if (kind === 'null' && at < 2) continue;
        here.arm(at, kind);
        const answer = await holder.post(`${path}/change`, form);
        await isNoAnswer(answer, `change: ${kind} at ${at} (${here.calls[at]})`, kind);
        if (at > 0) expect(await formTo(answer, `${path}/change`)).toEqual(form);
      }
    expect(await stateOf(holder)).toEqual(before);
    here.disarm();
    expect((await holder.post(`${path}/change`, form)).status).toBe(303);
  });

  it('to rotate one stays as it is where the rotation is what failed, and makes one secret', async () => {
    const { here, holder, key, path } = await setting();
    const typed = { overlap: '2592000' };
    const form = await formTo(await holder.get(`${path}/rotate`), `${path}/rotate`, typed);
    const before = await stateOf(holder);
    for (const kind of FAULTS)
      for (const at of [0, 1]) {
        if (kind === 'null' && at === 0) continue;
        here.arm(at, kind);
        const answer = await holder.post(`${path}/rotate`, form);
        await isNoAnswer(answer, `rotate: ${kind} at ${at} (${here.calls[at]})`, kind);
        if (at === 1) expect(await formTo(answer, `${path}/rotate`)).toEqual(form);
      }
    expect(await stateOf(holder)).toEqual(before);
    here.disarm();
    const next = await shownKey(await holder.post(`${path}/rotate`, form));
    expect([(await call(key)).status, (await call(next?.key ?? '')).status]).toEqual([200, 200]);
  });

  it.each(['rotate/finish', 'rotate/cancel', 'revoke'])(
    'to %s is told so, leads back, and sent again does it',
    async (verb) => {
      const { here, holder, path } = await setting();
      const rotation = await formTo(await holder.get(`${path}/rotate`), `${path}/rotate`);
      await shownKey(await holder.post(`${path}/rotate`, rotation));
      const csrf = rotation.csrf ?? '';
      const before = await stateOf(holder);
      for (const kind of FAULTS) {
        here.arm(0, kind);
        const answer = await holder.post(`${path}/${verb}`, { csrf });
        await isNoAnswer(answer, `${verb}: ${kind}`, kind);
        expect(await answer.text()).toContain(`class="button" href="${path}"`);
      }
      expect(await stateOf(holder)).toEqual(before);
      here.disarm();
      expect((await holder.post(`${path}/${verb}`, { csrf })).status).toBe(303);
    },
  );

  it('whose answer was lost when the key was made already tells so when it is sent again, without the secret', async () => {
    const calls: string[] = [];
    const KEY_RING = {
      getByName: (name: string) => {
        const ring = rooms.KEY_RING.getByName(name) as unknown as Record<
          string,
          (x: unknown) => Promise<unknown>
        >;
        return new Proxy(ring, {
          get: (object, method) =>
            method !== 'issue'
              ? (...each: [unknown]) => object[String(method)]?.(...each)
              : async (request: unknown) => {
                  calls.push('issue');
                  await object.issue?.(request);
                  if (calls.length === 1) throw new Error('Network connection lost.');
                  return object.issue?.(request);
                },
        });
      },
    };
    const ada = await newHolder(isolate({ KEY_RING }).fetch);
    const form = await newKeyForm(ada, { expires: '7' });
    const lost = await ada.post('/keys', form);
    expect([lost.status, await formTo(lost, '/keys')]).toEqual([503, form]);
    const again = await ada.post('/keys', form);
    expect([again.status, await shownKey(again), await textOf(again)]).toEqual([
      ...[200, null, expect.stringContaining('If nobody copied it, rotate the key or revoke it.')],
    ]);
    expect(((await stateOf(ada)).data as unknown[]).length).toBe(1);
  });
});

describe('somebody who asks too often without being signed in', () => {
  it('is told so at every page, and Stytch and the Rings are not asked', async () => {
    const STRANGERS = { limit: async () => ({ success: false }) };
    const here = isolate({ STRANGERS });
    const person = newPerson(here.fetch);
    person.cookies.set('stytch_session', 'A'.repeat(40));
    const before = await stytchCalls();
    for (const { method, path } of [...routesOf('own'), ...routesOf('organization')]) {
      const at = path.replace(':key_id', 'acme_test_x');
      const answer = method === 'GET' ? await person.get(at) : await person.post(at, { csrf: 'x' });
      expect([at, answer.status, answer.headers.get('retry-after')]).toEqual([at, 429, '60']);
    }
    expect([here.calls.filter((each) => each.startsWith('ring.')), await stytchCalls()]).toEqual([
      [],
      before,
    ]);
    expect((await (await PLACES.own.newcomer()).get('/')).status).toBe(200);
  });
});
