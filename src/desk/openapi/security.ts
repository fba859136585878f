import type { Door } from '../doors.ts';
import type { OperationObject, SecurityScheme } from './document.ts';

/** How one says who one is. */
export const SECURITY_SCHEMES: Readonly<Record<string, SecurityScheme>> = {
  session: {
    ...{ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    description: 'The session JWT of a signed-in user or member, from Stytch.',
  },
  operator: {
    ...{ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    description:
      'An M2M access token with the scope `latchkey:admin`, of a client that stands in `operators` of the configuration.',
  },
  bearer: {
    ...{ type: 'http', scheme: 'bearer' },
    description: 'An API key, an M2M access token or a session JWT.',
  },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'An API key.' },
  clientPair: {
    ...{ type: 'http', scheme: 'basic' },
    description: 'A client_id and its client_secret. Of an API key: what is before its last `_`, and after.',
  },
};

/** What each door takes: one of these. A signature is told among the headers. */
export const SECURITY: Readonly<Record<Door<unknown>['security'], OperationObject['security']>> = {
  session: [{ session: [] }],
  operator: [{ operator: [] }],
  credential: [{ bearer: [] }, { apiKey: [] }, { clientPair: [] }],
  client: [{ clientPair: [] }, {}],
  asker: [{ clientPair: [] }, { bearer: [] }, {}],
  signature: [],
  none: [],
};
