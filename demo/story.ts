import { callWithKey, findInList, goBeyondScopes, spoof } from './calls.ts';
import { reachLimit } from './limit.ts';
import { watchRevocation } from './revocation.ts';
import { issueKey, revokeKey, signIn, type World } from './world.ts';

/** The main job from a sign-in to a dead key. Throws at the first step that did not do what it should. */
export const tell = async (world: World): Promise<void> => {
  const { stage, places } = world;

  const user = await stage.step('A user signs in at Stytch', async () => {
    const signedIn = await signIn(world);
    stage.tell(`POST ${places.stytch}/v1/passwords/authenticate → 200`);
    stage.list([
      ['user', `${signedIn.id} (${signedIn.email}, made for this run)`],
      ['session', 'a JWT, good for five minutes'],
    ]);
    stage.check(signedIn.session.split('.').length === 3, 'signed in');
    return signedIn;
  });

  const key = await stage.step('The user makes a key that may read items', async () => {
    const { answer, ...issued } = await issueKey(world, user);
    stage.tell(`POST ${places.desk}/v1/keys {"scopes":["items:read"]} → ${answer.status}`);
    stage.list([
      ['key_id', issued.id],
      ['key', `${issued.id}_… (shown once; ${issued.key.length} characters)`],
    ]);
    stage.check(issued.key.startsWith(`${issued.id}_`), 'a key, of which the Desk keeps no copy');
    return issued;
  });

  await stage.step('The key opens the API, and the origin knows who called', () =>
    callWithKey(world, user, key),
  );
  await stage.step('A route beyond the key’s scopes stays shut', () => goBeyondScopes(world, key));
  await stage.step('Claiming to be somebody else does not help', () => spoof(world, user, key));

  await stage.step('A second user runs into the limit', async () => {
    const other = await signIn(world);
    const busy = await issueKey(world, other);
    await reachLimit(world, busy);
    await revokeKey(world, other, busy);
  });

  await stage.step('The first user revokes the key, while it is in use', () =>
    watchRevocation(world, user, key),
  );
  await stage.step('The revoked key is off the list', () => findInList(world, user, key));
};
