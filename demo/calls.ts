import { ask, bearer, member, textOf } from './http.ts';
import { demand, type Key, type User, type World } from './world.ts';

/** How the demo origin reports a header: name and value, as they came. */
type Field = readonly [name: string, value: string];

/** Calls the API and shows what the origin was told and what it verified by itself. */
export const callWithKey = async ({ places, stage }: World, user: User, key: Key): Promise<void> => {
  const answer = await ask(`${places.api}/v1/items/1`, { headers: bearer(key.key) });
  stage.tell(`GET ${places.api}/v1/items/1 → ${answer.status}`);
  demand(answer, 200);
  const fields = fieldsOf(answer.json);
  stage.tell('The origin was sent these headers:');
  stage.list(fields.filter(([name]) => isOurs(name) && !isAssertion(name)));
  stage.tell('and an assertion, signed by the edge and checked by the origin, that says:');
  stage.list(claimsOf(fields));
  const you = member(answer.json, 'you');
  stage.check(
    textOf(you, 'userId') === user.id,
    `the origin has verified the user: ${textOf(you, 'userId')}`,
  );
  stage.check(textOf(you, 'clientId') === key.id, `and the key: ${textOf(you, 'clientId')}`);
  const sent = JSON.stringify(answer.json);
  stage.check(!sent.includes(key.key.slice(key.id.length)), 'the key itself was not sent to the origin');
};

/** A write with a key that may read. */
export const goBeyondScopes = async ({ places, stage }: World, key: Key): Promise<void> => {
  const answer = await ask(`${places.api}/v1/items/1`, { headers: bearer(key.key), body: { name: 'x' } });
  stage.tell(`POST ${places.api}/v1/items/1 → ${answer.status} ${textOf(answer.json, 'code')}`);
  stage.tell(textOf(answer.json, 'detail'));
  stage.check(answer.status === 403 && textOf(answer.json, 'code') === 'insufficient_scope', 'refused');
  const challenge = answer.headers.get('www-authenticate') ?? '(no challenge)';
  stage.check(
    challenge.includes('scope="items:write"'),
    'the answer names the scope that is missing',
    challenge,
  );
};

const SPELLINGS = ['X-Latchkey-User-Id', 'x_latchkey_user_id', 'X.Latchkey.User.Id'];

/** Some origins read all of these spellings as one name. */
export const spoof = async ({ places, stage }: World, user: User, key: Key): Promise<void> => {
  const somebodyElse = 'user-test-00000000-0000-4000-8000-00000000e11e';
  const claimed = Object.fromEntries(SPELLINGS.map((name) => [name, somebodyElse]));
  const answer = await ask(`${places.api}/v1/items/1`, { headers: { ...claimed, ...bearer(key.key) } });
  stage.tell(`GET ${places.api}/v1/items/1 → ${answer.status}, sent with`);
  stage.list(Object.entries(claimed));
  demand(answer, 200);
  const fields = fieldsOf(answer.json);
  const said = fields.filter(
    ([name]) => name.toLowerCase().replace(/[^a-z0-9]/g, '-') === 'x-latchkey-user-id',
  );
  stage.tell('The origin was sent:');
  stage.list(said);
  stage.check(said.length === 1 && said[0]?.[1] === user.id, 'one name, and the true one');
  stage.check(textOf(answer.json, 'you', 'userId') === user.id, 'and that is whom the origin has verified');
  stage.check(!answer.text.includes(somebodyElse), 'nothing of the claim has reached the origin');
};

/** The list shows what is good; asked for by its id, a dead key still says what became of it. */
export const findInList = async ({ places, stage }: World, user: User, key: Key): Promise<void> => {
  const list = await ask(`${places.desk}/v1/keys`, { headers: bearer(user.session) });
  demand(list, 200);
  const data = member(list.json, 'data');
  const ids = Array.isArray(data) ? data.map((each) => textOf(each, 'key_id')) : null;
  stage.tell(`GET ${places.desk}/v1/keys → ${list.status}, ${ids?.length} keys`);
  stage.check(ids !== null && !ids.includes(key.id), 'it is not among them');
  const one = await ask(`${places.desk}/v1/keys/${key.id}`, { headers: bearer(user.session) });
  demand(one, 200);
  stage.check(
    textOf(one.json, 'status') === 'revoked',
    `asked for by its id, it is ${textOf(one.json, 'status')}`,
  );
};

const isOurs = (name: string): boolean => /^x-(?:latchkey-|request-id$)/i.test(name);

const isAssertion = (name: string): boolean => name.toLowerCase() === 'x-latchkey-assertion';

const fieldsOf = (report: unknown): readonly Field[] => {
  const headers = member(report, 'headers');
  return Array.isArray(headers) ? headers.map(([name, value]) => [String(name), String(value)]) : [];
};

/** The payload of the assertion; the origin reports it without its signature, so that it is good for nothing. */
const claimsOf = (fields: readonly Field[]): readonly Field[] => {
  const assertion = fields.find(([name]) => isAssertion(name))?.[1] ?? '';
  const payload = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString() || '{}');
  return Object.entries(payload).map(([name, value]) => [name, String(value)]);
};
