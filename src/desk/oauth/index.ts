import type { Doors } from '../doors.ts';
import type { DeskPorts } from '../ports.ts';
import { deviceAuthorizationOperation } from './device-authorization.ts';
import { introspectOperation } from './introspect.ts';
import { metadataOperation } from './metadata.ts';
import { revokeOperation } from './revoke.ts';
import { tokenOperation } from './token.ts';

/** The OAuth 2.0 authorization server that the Desk is, in front of Stytch's M2M clients. */
export const oauthOperations = (ports: DeskPorts, doors: Doors) =>
  [
    metadataOperation(ports, doors),
    tokenOperation(ports, doors),
    deviceAuthorizationOperation(ports, doors),
    introspectOperation(ports, doors),
    revokeOperation(ports, doors),
  ] as const;
