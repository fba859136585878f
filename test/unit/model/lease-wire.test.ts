import { expect, it } from 'vitest';
import { OWNER_PURSE } from '../../../src/model/lease-wire.ts';

it('isolates of an older deployment and of a newer one call the owner’s purse by one name', () => {
  expect(OWNER_PURSE).toBe('');
});
