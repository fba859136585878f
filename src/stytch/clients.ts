import type { ClientSearch, ClientUpdate, NewClient, Stytch, StytchClientPage } from '../model/ports.ts';
import { call, type Wires } from './call.ts';
import { clientsUrl, clientUrl, managing, type StytchProject } from './project.ts';
import { readClientAnswer, readDeleteAnswer, readSearchAnswer, readWholeClient } from './wire.ts';

/** A page of 250 clients, of up to 4 KiB each. */
const MAX_PAGE_BYTES = 1_048_576;

type Clients = Pick<Stytch, 'createClient' | 'updateClient' | 'deleteClient' | 'getClient' | 'searchClients'>;

/** The project's M2M clients: made, changed, deleted, read. */
export const createClients = (project: StytchProject, wires: Wires): Clients => {
  const manage = managing(project);
  const urlOf = (clientId: string) => clientUrl(project, clientId);

  return {
    createClient: (client) =>
      call(
        wires,
        clientsUrl(project),
        manage('POST', createBody(client)),
        (body) => (readClientAnswer(body)?.m2m_client.client_id === client.clientId ? CREATED : null),
        // The id is ours and random: when a repeat finds it taken, the first try had come through.
        (declined, attempt) =>
          attempt > 0 && declined.code === 'duplicate_m2m_client_id'
            ? { outcome: 'answered', value: CREATED }
            : declined,
      ),

    updateClient: (client) =>
      call(
        wires,
        urlOf(client.clientId),
        manage('PUT', updateBody(client)),
        (body) =>
          readClientAnswer(body)?.m2m_client.client_id === client.clientId
            ? { existed: true as boolean }
            : null,
        (declined) =>
          declined.code === NOT_FOUND ? { outcome: 'answered', value: { existed: false } } : declined,
      ),

    deleteClient: (clientId) =>
      call(
        wires,
        urlOf(clientId),
        manage('DELETE', '{}'),
        (body) => (readDeleteAnswer(body) === null ? null : { existed: true }),
        (declined, attempt) =>
          declined.code === NOT_FOUND ? { outcome: 'answered', value: { existed: attempt > 0 } } : declined,
      ),

    getClient: (clientId) =>
      call(
        wires,
        urlOf(clientId),
        manage('GET'),
        (body) => {
          const client = readWholeClient(body);
          return client?.clientId === clientId ? client : null;
        },
        (declined) => (declined.code === NOT_FOUND ? { outcome: 'answered', value: null } : declined),
      ),

    searchClients: async (search) => {
      // What Stytch makes of an empty list of ids, no source tells: it could be every client.
      if (search.clientIds?.length === 0) return { outcome: 'answered', value: NO_CLIENTS };
      return await call(
        wires,
        `${clientsUrl(project)}/search`,
        manage('POST', searchBody(search), { maxAnswerBytes: MAX_PAGE_BYTES }),
        (body) => {
          const page = readSearchAnswer(body);
          return page !== null && isOfSearch(page, search) ? page : null;
        },
      );
    },
  };
};

const NOT_FOUND = 'm2m_client_not_found';
const CREATED = { created: true } as const;
const NO_CLIENTS: StytchClientPage = { clients: [], nextCursor: null };

const createBody = (client: NewClient): string =>
  JSON.stringify({
    client_id: client.clientId,
    client_secret: client.clientSecret,
    client_name: client.name,
    client_description: client.description,
    scopes: client.scopes,
    trusted_metadata: client.trustedMetadata,
  });

/** JSON leaves out what was not given, and Stytch what is left out. */
const updateBody = (client: ClientUpdate): string =>
  JSON.stringify({
    client_name: client.name,
    client_description: client.description,
    scopes: client.scopes,
    status: client.status,
    trusted_metadata: client.trustedMetadata,
  });

const searchBody = ({ cursor, limit, clientIds }: ClientSearch): string =>
  JSON.stringify({
    limit,
    cursor: cursor ?? undefined,
    query: clientIds && {
      operator: 'AND',
      operands: [{ filter_name: 'client_id', filter_value: clientIds }],
    },
  });

/** Whether a page has none but the clients that were asked for. */
const isOfSearch = ({ clients }: StytchClientPage, { clientIds }: ClientSearch): boolean =>
  clientIds === undefined || clients.every(({ clientId }) => clientIds.includes(clientId));
