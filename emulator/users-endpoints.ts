import type { Call } from './endpoint.ts';
import { announceUser } from './events.ts';
import { makeId } from './ids.ts';
import { isObject, isStrings, type Json, type JsonObject } from './json.ts';
import { checkMetadata, mergeMetadata } from './metadata.ts';
import { isRefusal, type Refusal, type Result, refuse, succeed } from './result.ts';
import {
  allUsers,
  blankUser,
  deleteUser,
  findUser,
  findUserByEmail,
  putUser,
  type User,
  userObject,
} from './users.ts';

/** `POST /v1/users` */
export const createUser = (call: Call): Result => {
  const user = newUser(call);
  if (isRefusal(user)) return user;
  putUser(call.project, user);
  announceUser(call.project, 'CREATE', user);
  const { userId: user_id, emailId: email_id, phoneId: phone_id, status } = user;
  return succeed({ user_id, email_id, phone_id, status, user: userObject(call.project, user) });
};

/** `GET /v1/users/{user_id}`: the user lies flat in the envelope. */
export const getUser = ({ project, params }: Call): Result => {
  const user = findUser(project, params.user_id ?? '');
  return user === null ? refuse('user_not_found') : succeed(userObject(project, user));
};

/** `PUT /v1/users/{user_id}` */
export const updateUser = ({ project, params, body }: Call): Result => {
  const user = findUser(project, params.user_id ?? '');
  if (user === null) return refuse('user_not_found');
  const changed = applyFields(user, body);
  if (isRefusal(changed)) return changed;
  if (isTaken(findUser, changed.externalId, user.userId, project)) return refuse('duplicate_external_id');
  putUser(project, changed);
  announceUser(project, 'UPDATE', changed);
  const { user_id, emails, phone_numbers, crypto_wallets } = userObject(project, changed);
  return succeed({ user_id, emails, phone_numbers, crypto_wallets, user: userObject(project, changed) });
};

/** `DELETE /v1/users/{user_id}` */
export const removeUser = ({ project, params }: Call): Result => {
  const user = findUser(project, params.user_id ?? '');
  if (user === null) return refuse('user_not_found');
  deleteUser(project, user.userId);
  announceUser(project, 'DELETE', user);
  return succeed({ user_id: user.userId });
};

/** `POST /v1/users/search`: by user_id, email_address, status and external_id; in one page. */
export const searchUsers = ({ project, body }: Call): Result => {
  const query = isObject(body.query) ? body.query : {};
  const operands = Array.isArray(query.operands) ? query.operands : [];
  const filters = operands.map(userFilter);
  if (filters.includes(null)) return refuse('bad_request');
  const combine = query.operator === 'OR' ? filters.some.bind(filters) : filters.every.bind(filters);
  const matches = (user: User) => filters.length === 0 || combine((filter) => filter?.(user) === true);
  const limit = typeof body.limit === 'number' && body.limit > 0 ? body.limit : 100;
  const found = allUsers(project).filter(matches);
  const results = found.slice(0, limit).map((user) => userObject(project, user));
  return succeed({ results, results_metadata: { total: found.length, next_cursor: null } });
};

const newUser = ({ project, body }: Call): User | Refusal => {
  const user = applyFields(blankUser(project, makeId(project, 'user')), body);
  if (isRefusal(user)) return user;
  const { email, phone_number } = body;
  if (email !== undefined && !(typeof email === 'string' && /^[^@\s]+@[^@\s]+$/.test(email))) {
    return refuse('invalid_email');
  }
  if (isTaken(findUserByEmail, email ?? null, user.userId, project)) return refuse('duplicate_email');
  if (isTaken(findUser, user.externalId, user.userId, project)) return refuse('duplicate_external_id');
  return {
    ...{ ...user, status: body.create_user_as_pending === true ? 'pending' : 'active', email: email ?? null },
    emailId: email === undefined ? '' : makeId(project, 'email'),
    phoneNumber: typeof phone_number === 'string' ? phone_number : null,
    phoneId: typeof phone_number === 'string' ? makeId(project, 'phone-number') : '',
  };
};

const applyFields = (user: User, body: JsonObject): User | Refusal => {
  const trustedMetadata = mergeMetadata(user.trustedMetadata, body.trusted_metadata);
  if (isRefusal(trustedMetadata)) return trustedMetadata;
  const untrustedMetadata = checkMetadata({
    ...user.untrustedMetadata,
    ...asObject(body.untrusted_metadata),
  });
  if (isRefusal(untrustedMetadata)) return untrustedMetadata;
  const { external_id, roles } = body;
  if (roles !== undefined && !isStrings(roles)) return refuse('bad_request');
  return {
    ...{ ...user, trustedMetadata, untrustedMetadata, name: { ...user.name, ...asObject(body.name) } },
    externalId: typeof external_id === 'string' ? external_id : user.externalId,
    roles: roles === undefined ? user.roles : [...new Set([...roles, 'stytch_user'])],
  };
};

const isTaken = (
  find: (project: Call['project'], key: string) => User | null,
  key: Json,
  userId: string,
  project: Call['project'],
): boolean => typeof key === 'string' && ![undefined, userId].includes(find(project, key)?.userId);

const asObject = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});

const USER_FIELDS: Readonly<Record<string, (user: User) => string | null>> = {
  user_id: (user) => user.userId,
  email_address: (user) => user.email,
  status: (user) => user.status,
  external_id: (user) => user.externalId,
};

const userFilter = (operand: Json): ((user: User) => boolean) | null => {
  if (!isObject(operand) || typeof operand.filter_name !== 'string') return null;
  const field = Object.hasOwn(USER_FIELDS, operand.filter_name)
    ? USER_FIELDS[operand.filter_name]
    : undefined;
  const wanted = isStrings(operand.filter_value) ? operand.filter_value : [operand.filter_value];
  return field === undefined ? null : (user) => wanted.some((value) => value === field(user));
};
