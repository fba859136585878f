import { codesOf } from '../../devices.ts';
import { ask } from '../../oauth.ts';
import { fieldOf, newUserOfApp, openCode } from '../../person.ts';
import { asDesigned, PAGE } from '../judgement.ts';
import type { Case, Prepared } from '../play.ts';
import type { Run } from '../run.ts';
import { told } from '../told.ts';

/** Somebody with a browser in a run, who is signed in at the app, and here too once he was at a page. */
const personIn = (run: Run) => newUserOfApp(600, run.fetch);

const where = async (response: Response): Promise<string> => {
  const to = response.headers.get('location');
  return `${await told(response)}${to === null ? '' : ` to ${to.split('?')[0]}`}`;
};

const twice = (again: () => Promise<string>): Prepared => ({ ask: again, after: again });

const codeIn = async (run: Run): Promise<string> =>
  (await codesOf(await ask('device_authorization', { client_id: 'acme-cli' }, {}, run.fetch))).user_code;

/** A session is asked for again at once; and a try that is not taken back counts, which is all. */
const ASKED_AGAIN = /Stytch sessions|takeBackTry/;

export const PAGES: readonly Case[] = [
  {
    name: 'come in from the app',
    rule: asDesigned({ words: PAGE, unseen: ASKED_AGAIN }),
    prepare: async (run) => {
      const person = await personIn(run);
      return twice(async () => where(await person.get('/device')));
    },
  },
  {
    name: 'come back from the sign-in',
    rule: asDesigned({ words: PAGE, unseen: ASKED_AGAIN }),
    prepare: async (run) => {
      const person = await personIn(run);
      person.cookies.delete('stytch_session');
      const login = (await person.get('/device')).headers.get('location') ?? '';
      const back = new URL(new URL(login).searchParams.get('return_to') ?? '');
      person.cookies.set('stytch_session', person.token);
      const cookies = new Map(person.cookies);
      return twice(async () => {
        for (const [name, value] of cookies) person.cookies.set(name, value);
        return where(await person.get(back.pathname + back.search));
      });
    },
  },
  {
    name: 'stay for more than five minutes',
    rule: asDesigned({ words: PAGE, unseen: ASKED_AGAIN }),
    ageSeconds: 301,
    prepare: async (run) => {
      const person = await personIn(run);
      await person.get('/device');
      return twice(async () => where(await person.get('/device')));
    },
  },
  {
    name: 'sign out',
    rule: asDesigned({ words: PAGE, unseen: ASKED_AGAIN }),
    prepare: async (run) => {
      const person = await personIn(run);
      const csrf = await fieldOf(await person.get('/device'), 'csrf');
      const cookies = new Map(person.cookies);
      return twice(async () => {
        for (const [name, value] of cookies) person.cookies.set(name, value);
        return where(await person.post('/sign-out', { csrf }));
      });
    },
  },
  {
    name: 'open the code of a device',
    rule: asDesigned({ words: PAGE, unseen: ASKED_AGAIN }),
    prepare: async (run) => {
      const person = await personIn(run);
      const csrf = await fieldOf(await person.get('/device'), 'csrf');
      const user_code = await codeIn(run);
      return twice(async () => where(await person.post('/device', { csrf, user_code })));
    },
  },
  {
    name: 'let a device in',
    rule: asDesigned({
      ...{ words: PAGE, unseen: ASKED_AGAIN },
      work: /decideDevice/,
      undone: '303 to /device/approved',
    }),
    prepare: async (run) => {
      const person = await personIn(run);
      const { form } = await openCode(person, await codeIn(run));
      return twice(async () =>
        where(await person.post('/device/decision', { ...form, decision: 'approve' })),
      );
    },
  },
];
