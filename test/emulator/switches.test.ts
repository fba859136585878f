import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, type Answer, basic, claimsOf, PROJECT_ID, startEmulator } from './emulator.ts';

const CLIENT = { client_id: 'm2m-client-test-one', client_secret: 'one-secret-of-my-own-4711' };
const OTHER = { client_id: 'm2m-client-test-two', client_secret: 'two-secret-of-my-own-4711' };
const SCOPES = ['read', 'write'];

let emulator: Awaited<ReturnType<typeof startEmulator>>;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.server.close());
beforeEach(async () => {
  await emulator.door('POST', 'reset', { seed: false });
  await create(CLIENT);
});

const create = (fields: object) => emulator.api('POST', '/v1/m2m/clients', { scopes: SCOPES, ...fields });
const put = (fields: object) => emulator.api('PUT', `/v1/m2m/clients/${CLIENT.client_id}`, fields);
const remove = () => emulator.api('DELETE', `/v1/m2m/clients/${CLIENT.client_id}`, {});
const search = (fields: object = {}) => emulator.api('POST', '/v1/m2m/clients/search', fields);
const token = (fields: Record<string, string> = CLIENT, authorization?: string, project = PROJECT_ID) =>
  emulator.send('POST', `/v1/public/${project}/oauth2/token`, {
    headers: authorization === undefined ? {} : { authorization },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...fields }),
  });
const claims = async (fields?: Record<string, string>) => claimsOf((await token(fields)).body.access_token);
const outcome = ({ status, body }: Answer) => [status, body.error ?? body.error_type ?? 'done'];
const ids = ({ body }: Answer) => body.m2m_clients.map((client: typeof CLIENT) => client.client_id);

/** Switch, its positions, and what each of them makes of the same deed; the first position is the default. */
type Row = readonly [
  name: string,
  deed: () => Promise<unknown>,
  positions: readonly (readonly [unknown, unknown])[],
];

const WRONG = { ...CLIENT, client_secret: 'wrong' };
const inactive = async () => {
  await put({ status: 'inactive' });
  return outcome(await token());
};
const withoutScopes = async () => {
  await put({ scopes: [] });
  return 'scope' in (await claims());
};
const audience = async () => {
  await emulator.door('PUT', 'template', { template_content: '{}', custom_audience: 'https://api.example' });
  return (await claims()).aud;
};
const startRotation = () =>
  emulator.api('POST', `/v1/m2m/clients/${CLIENT.client_id}/secrets/rotate/start`, {});
const reservedTemplate = async () => {
  const { error } = await emulator.door('PUT', 'template', { template_content: '{ "sub": "root", "a": 1 }' });
  return error ?? [(await claims()).sub, (await claims()).a];
};
const faultyToken = async () => {
  await emulator.door('POST', 'faults', { endpoint: 'token', kind: 'status', status: 500, times: 1 });
  return outcome(await token());
};
const lockAfter = async (failures: number) => {
  await emulator.door('POST', 'seed', { users: [ADA] });
  const wrong = { ...ADA, password: 'wrong' };
  for (let failed = 1; failed < failures; failed++)
    await emulator.api('POST', '/v1/passwords/authenticate', wrong);
  return outcome(await emulator.api('POST', '/v1/passwords/authenticate', wrong));
};

const TOKEN_ROWS: readonly Row[] = [
  [
    'tokenErrorStatus',
    async () => outcome(await token(WRONG)),
    [
      [401, [401, 'invalid_client']],
      [400, [400, 'invalid_client']],
    ],
  ],
  [
    'tokenChallenge',
    async () => (await token(WRONG)).headers.get('www-authenticate'),
    [
      ['none', null],
      ['basic', 'Basic realm="stytch"'],
    ],
  ],
  [
    'inactiveClientError',
    inactive,
    [
      ['invalid_client', [401, 'invalid_client']],
      ['unauthorized_client', [401, 'unauthorized_client']],
      ['invalid_grant', [401, 'invalid_grant']],
    ],
  ],
  [
    'missingClientError',
    async () => outcome(await token({})),
    [
      ['invalid_client', [401, 'invalid_client']],
      ['invalid_request', [400, 'invalid_request']],
    ],
  ],
  [
    'missingGrantTypeError',
    async () => outcome(await token({ ...CLIENT, grant_type: '' })),
    [
      ['invalid_request', [400, 'invalid_request']],
      ['unsupported_grant_type', [400, 'unsupported_grant_type']],
    ],
  ],
  [
    'unknownProjectError',
    async () => outcome(await token(CLIENT, undefined, 'project-test-none')),
    [
      ['invalid_client', [401, 'invalid_client']],
      ['invalid_request', [400, 'invalid_request']],
    ],
  ],
  [
    'ungrantedScope',
    async () => {
      const answer = await token({ ...CLIENT, scope: 'root read' });
      return answer.status === 200 ? claimsOf(answer.body.access_token).scope : outcome(answer);
    },
    [
      ['error', [400, 'invalid_scope']],
      ['dropped', 'read'],
    ],
  ],
  [
    'credentialConflict',
    async () => {
      await create(OTHER);
      const answer = await token(CLIENT, basic(OTHER.client_id, OTHER.client_secret));
      return answer.status === 200 ? claimsOf(answer.body.access_token).sub : outcome(answer);
    },
    [
      ['body', CLIENT.client_id],
      ['basic', OTHER.client_id],
      ['refused', [400, 'invalid_request']],
    ],
  ],
  [
    'tokenFailureEnvelope',
    faultyToken,
    [
      ['stytch', [500, 'internal_server_error']],
      ['oauth', [500, 'server_error']],
    ],
  ],
  [
    'domainTokenEndpoint',
    async () => {
      const body = new URLSearchParams({ grant_type: 'client_credentials', ...CLIENT });
      return outcome(await emulator.send('POST', '/v1/oauth2/token', { body }));
    },
    [
      ['absent', [404, 'route_not_found']],
      ['present', [200, 'done']],
    ],
  ],
];

const introspect = async () => {
  const { access_token = '' } = (await token()).body;
  const answers = [];
  for (const one of [access_token, `${access_token}x`]) {
    const body = new URLSearchParams({ ...CLIENT, token: one });
    answers.push((await emulator.send('POST', `/v1/public/${PROJECT_ID}/oauth2/introspect`, { body })).body);
  }
  return answers.map(({ error_type, active, sub }) => error_type ?? [active, sub]);
};

const INTROSPECTION_ROWS: readonly Row[] = [
  [
    'introspection',
    introspect,
    [
      ['absent', ['route_not_found', 'route_not_found']],
      [
        'present',
        [
          [true, CLIENT.client_id],
          [false, undefined],
        ],
      ],
    ],
  ],
];

const CLAIM_ROWS: readonly Row[] = [
  [
    'issuer',
    async () => [`stytch.com/${PROJECT_ID}`, emulator.url.origin].indexOf((await claims()).iss),
    [
      ['project', 0],
      ['base_url', 1],
    ],
  ],
  [
    'jti',
    async () => typeof (await claims()).jti,
    [
      ['absent', 'undefined'],
      ['present', 'string'],
    ],
  ],
  [
    'emptyScopeClaim',
    withoutScopes,
    [
      ['empty_string', true],
      ['absent', false],
    ],
  ],
  [
    'customAudience',
    audience,
    [
      ['appended', [PROJECT_ID, 'https://api.example']],
      ['replaced', ['https://api.example']],
    ],
  ],
  [
    'clientTemplateVariables',
    async () =>
      (await emulator.door('PUT', 'template', { template_content: '{ "n": {{ client.client_name }} }' }))
        .error,
    [
      ['metadata', 'jwt_template_invalid_tag'],
      ['all', undefined],
    ],
  ],
  [
    'reservedTemplateClaims',
    reservedTemplate,
    [
      ['refused', 'jwt_template_invalid_json'],
      ['ignored', [CLIENT.client_id, 1]],
    ],
  ],
];

const CLIENT_ROWS: readonly Row[] = [
  [
    'createStatus',
    async () => (await create(OTHER)).status,
    [
      [200, 200],
      [201, 201],
    ],
  ],
  [
    'm2mErrorStatus',
    async () => outcome(await create(CLIENT)),
    [400, 409, 422].map((s) => [s, [s, 'duplicate_m2m_client_id']]),
  ],
  [
    'emptyScopes',
    async () => outcome(await create({ ...OTHER, scopes: [] })),
    [
      ['accepted', [200, 'done']],
      ['refused', [400, 'invalid_m2m_client_scope']],
    ],
  ],
  [
    'missingScopes',
    async () => outcome(await create({ ...OTHER, scopes: undefined })),
    [
      ['refused', [400, 'invalid_m2m_client_scope']],
      ['accepted', [200, 'done']],
    ],
  ],
  [
    'unsetName',
    async () => (await create(OTHER)).body.m2m_client.client_name,
    [
      ['empty_string', ''],
      ['null', null],
    ],
  ],
  [
    'unsetTemplate',
    async () => {
      await emulator.door('DELETE', 'template');
      const path = '/pwa/v3/projects/latchkey/environments/test/jwt_templates/M2M';
      const authorization = `Basic ${btoa('workspace-key-emulator:not-a-secret-only-for-the-emulator')}`;
      return outcome(await emulator.send('GET', path, { headers: { authorization } }));
    },
    [
      ['not_found', [404, 'jwt_template_not_found']],
      ['empty', [200, 'done']],
    ],
  ],
  [
    'unsetMetadata',
    async () => (await create(OTHER)).body.m2m_client.trusted_metadata,
    [
      ['empty_object', {}],
      ['null', null],
    ],
  ],
  [
    'clientIdRule',
    async () => outcome(await create({ ...OTHER, client_id: 'auth0|x y' })),
    [
      ['any', [200, 'done']],
      ['url_safe', [400, 'm2m_client_invalid_client_id']],
    ],
  ],
  [
    'deletedClientId',
    async () => {
      await remove();
      return outcome(await create(CLIENT));
    },
    [
      ['reusable', [200, 'done']],
      ['taken', [400, 'duplicate_m2m_client_id']],
    ],
  ],
  [
    'secondDelete',
    async () => {
      await remove();
      return outcome(await remove());
    },
    [
      ['not_found', [404, 'm2m_client_not_found']],
      ['ok', [200, 'done']],
    ],
  ],
  [
    'deleteWhileRotating',
    async () => {
      await startRotation();
      return outcome(await remove());
    },
    [
      ['allowed', [200, 'done']],
      ['refused', [400, 'm2m_client_already_rotating_secret']],
    ],
  ],
  [
    'secretEntropyBits',
    async () => outcome(await create({ ...OTHER, client_secret: 'abcdefgh12' })),
    [
      [30, [200, 'done']],
      [200, [400, 'insecure_m2m_client_secret']],
    ],
  ],
  [
    'maximumSecretLength',
    async () => outcome(await create({ ...OTHER, client_secret: CLIENT.client_secret.repeat(9) })),
    [
      [0, [200, 'done']],
      [72, [400, 'client_secret_too_long']],
    ],
  ],
  [
    'maximumScopes',
    async () => outcome(await create(OTHER)),
    [
      [100, [200, 'done']],
      [1, [400, 'too_many_m2m_client_scopes']],
    ],
  ],
  [
    'maximumClients',
    async () => outcome(await create(OTHER)),
    [
      [0, [200, 'done']],
      [1, [400, 'too_many_m2m_clients_for_billing_tier']],
    ],
  ],
];

const SEARCH_ROWS: readonly Row[] = [
  [
    'searchOrder',
    async () => {
      await create(OTHER);
      return ids(await search());
    },
    [
      ['newest_first', [OTHER.client_id, CLIENT.client_id]],
      ['oldest_first', [CLIENT.client_id, OTHER.client_id]],
    ],
  ],
  [
    'searchOperandMatch',
    async () => {
      const operands = [{ filter_name: 'scopes', filter_value: ['read', 'root'] }];
      return ids(await search({ query: { operator: 'AND', operands } })).length;
    },
    [
      ['any', 1],
      ['all', 0],
    ],
  ],
  [
    'searchZeroLimit',
    async () => ids(await search({ limit: 0 })).length,
    [
      ['default', 1],
      ['empty', 0],
    ],
  ],
  [
    'searchOverLimit',
    async () => outcome(await search({ limit: 1001 })),
    [
      ['error', [400, 'bad_request']],
      ['clamped', [200, 'done']],
    ],
  ],
  [
    'maximumPage',
    async () => {
      await create(OTHER);
      return ids(await search({ limit: 1000 })).length;
    },
    [
      [0, 2],
      [1, 1],
    ],
  ],
  [
    'searchTotals',
    async () => (await search()).body.results_metadata.total,
    [
      ['counted', 1],
      ['disabled', -1],
    ],
  ],
];

const SESSION_ROWS: readonly Row[] = [
  [
    'sessionJwtErrorStatus',
    async () => outcome(await emulator.api('POST', '/v1/sessions/authenticate', { session_jwt: 'a.b.c' })),
    [400, 401, 404].map((status) => [status, [status, 'unable_to_parse_session_jwt']]),
  ],
  [
    'sessionRolesClaim',
    async () => {
      await emulator.door('POST', 'seed', { users: [ADA] });
      const body = { ...ADA, session_duration_minutes: 5 };
      const { session_jwt } = (await emulator.api('POST', '/v1/passwords/authenticate', body)).body;
      return claimsOf(session_jwt)['https://stytch.com/session'].roles;
    },
    [
      ['present', ['stytch_user']],
      ['absent', undefined],
    ],
  ],
  [
    'lockoutFailures',
    () => lockAfter(2),
    [
      [10, [401, 'unauthorized_credentials']],
      [2, [429, 'user_lock_limit_reached']],
    ],
  ],
  [
    'lockoutSeconds',
    async () => {
      await emulator.door('PUT', 'switches', { lockoutFailures: 1 });
      await lockAfter(1);
      await emulator.door('POST', 'clock', { advanceSeconds: 61 });
      return outcome(await emulator.api('POST', '/v1/passwords/authenticate', ADA));
    },
    [
      [3600, [429, 'user_lock_limit_reached']],
      [60, [200, 'done']],
    ],
  ],
];

const ROWS = [
  ...TOKEN_ROWS,
  ...INTROSPECTION_ROWS,
  ...CLAIM_ROWS,
  ...CLIENT_ROWS,
  ...SEARCH_ROWS,
  ...SESSION_ROWS,
];

describe.each(ROWS)('%s', (name, deed, positions) => {
  test(`is ${positions[0]?.[0]} by default`, async () => {
    expect((await emulator.door('GET', 'switches')).switches[name]).toBe(positions[0]?.[0]);
    expect(await deed()).toEqual(positions[0]?.[1]);
  });

  test.each(positions.slice(1))('can be %s', async (position, result) => {
    expect((await emulator.door('PUT', 'switches', { [name]: position })).switches[name]).toBe(position);
    expect(await deed()).toEqual(result);
  });
});

test('every switch is tried here', async () => {
  const { switches } = await emulator.door('GET', 'switches');
  expect(ROWS.map(([name]) => name).toSorted()).toEqual(Object.keys(switches).toSorted());
});

test('an unknown switch or position changes nothing', async () => {
  const before = await emulator.door('GET', 'switches');
  expect(await emulator.door('PUT', 'switches', { jti: 'present', nonsense: 1 })).toEqual({
    error: 'there is no switch nonsense',
  });
  expect(await emulator.door('PUT', 'switches', { jti: 'perhaps' })).toEqual({
    error: 'jti must be one of absent, present',
  });
  expect(await emulator.door('GET', 'switches')).toEqual(before);
});

test('all switches go back to their defaults at once', async () => {
  const before = await emulator.door('GET', 'switches');
  await emulator.door('PUT', 'switches', { jti: 'present', createStatus: 201 });
  expect(await emulator.door('DELETE', 'switches')).toEqual(before);
});
