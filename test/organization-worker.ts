import { entryOf } from '../src/entry.ts';
import settings from './settings.ts';

/** The Worker of a company whose users are members of organisations. */
const { KeyRing, Lobby, door } = entryOf({
  ...settings,
  stytch: { ...settings.stytch, vertical: 'b2b' },
  roles: { stytch_member: ['items:read'], stytch_admin: ['items:read', 'items:write'] },
  desk: { organizationRoles: ['stytch_admin'] },
  // A brand of its own, for the pictures.
  portal: {
    title: 'Northwind',
    accent: '#0f766e',
    logo: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="11" fill="#0f766e"/><path d="M12 4v16M5 9l14 6M5 15l14-6" stroke="#fff" stroke-width="2"/></svg>',
  },
});

export { KeyRing, Lobby };
export default door;
