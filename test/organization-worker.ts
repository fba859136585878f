import { entryOf } from '../src/entry.ts';
import settings from './settings.ts';

/** The Worker of a company whose users are members of organisations. */
const { KeyRing, Lobby, door } = entryOf({
  ...settings,
  stytch: { ...settings.stytch, vertical: 'b2b' },
  roles: { stytch_member: ['items:read'], stytch_admin: ['items:read', 'items:write'] },
  desk: { organizationRoles: ['stytch_admin'] },
});

export { KeyRing, Lobby };
export default door;
