import { describe, expect, it } from 'vitest';
import { type Asker, type Belonging, isAskersOwn } from '../../../src/model/asker.ts';

const ADA = { kind: 'user', id: 'user-test-ada', organizationId: null } as const;
const EVE = { kind: 'user', id: 'user-test-eve', organizationId: null } as const;

const KEY: Belonging = { clientId: 'key', owner: ADA, deviceClient: null };
const OF_DEVICE: Belonging = { ...KEY, deviceClient: 'acme-cli' };
const SESSION: Belonging = { ...KEY, clientId: null };

const client = (clientId: string): Asker => ({ kind: 'client', clientId });
const owner = (it: typeof ADA | typeof EVE): Asker => ({ kind: 'owner', owner: it });
const device = (clientId: string): Asker => ({ kind: 'device', clientId });
const OPERATOR: Asker = { kind: 'operator', clientId: 'operator' };

describe('a token is the asker’s own', () => {
  it.each([
    ['a client’s: those of that client', client('key'), [KEY, OF_DEVICE]],
    ['another client’s: none of them', client('other'), []],
    ['the client’s that has the name of the device client: none of them', client('acme-cli'), []],
    ['its owner’s: all', owner(ADA), [KEY, OF_DEVICE, SESSION]],
    ['another user’s: none', owner(EVE), []],
    ['an operator’s: all', OPERATOR, [KEY, OF_DEVICE, SESSION]],
    ['a device client’s: keys that were made for it', device('acme-cli'), [OF_DEVICE]],
    ['another device client’s: none', device('acme-reader'), []],
    ['a device client’s that says the name of a key: none', device('key'), []],
  ])('%s', (_, asker, own) => {
    const all = [KEY, OF_DEVICE, SESSION];
    expect(all.filter((each) => isAskersOwn(asker, each))).toEqual(own);
  });

  it('by kind and id of the owner, whatever organisation is known of him', () => {
    const member = { kind: 'member', id: 'member-test-1', organizationId: null } as const;
    const asker: Asker = { kind: 'owner', owner: { ...member, organizationId: 'organization-test-1' } };
    expect(isAskersOwn(asker, { ...KEY, owner: member })).toBe(true);
    expect(isAskersOwn(asker, { ...KEY, owner: { ...member, kind: 'user' } })).toBe(false);
  });
});
