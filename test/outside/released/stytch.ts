import { inject } from 'vitest';

/** Somebody who has signed in at the app. */
export interface User {
  readonly id: string;
  readonly session: string;
  readonly token: string;
}

/** What the tests do at Stytch's emulator. */
export const stytchAt = (port: number) => {
  const { PROJECT_ID = '', PROJECT_SECRET = '' } = inject('emulatorBindings');
  const send = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        authorization: `Basic ${btoa(`${PROJECT_ID}:${PROJECT_SECRET}`)}`,
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer has.
    return (await answer.json()) as any;
  };
  return {
    /** A user whom nobody knows, signed in. */
    newUser: async (): Promise<User> => {
      const user = {
        email: `${crypto.randomUUID()}@example.com`,
        password: 'correct horse battery staple',
      };
      await send('POST', '/_emulator/seed', { users: [user] });
      const signedIn = await send('POST', '/v1/passwords/authenticate', {
        ...user,
        session_duration_minutes: 60,
      });
      return { id: signedIn.user_id, session: signedIn.session_jwt, token: signedIn.session_token };
    },
    /** A client that Latchkey did not make. */
    newClient: async () => {
      const clientId = `m2m-client-test-${crypto.randomUUID()}`;
      const clientSecret = `${crypto.randomUUID()}${crypto.randomUUID()}`;
      await send('POST', '/v1/m2m/clients', {
        ...{ client_id: clientId, client_secret: clientSecret, client_name: 'elsewhere' },
        ...{ scopes: ['items:read'], trusted_metadata: {} },
      });
      return { clientId, clientSecret };
    },
    operatorToken: async (): Promise<string> => {
      const { access_token } = await send('POST', `/v1/public/${PROJECT_ID}/oauth2/token`, {
        ...{ grant_type: 'client_credentials', client_secret: 'copper-kettle-quiet-lantern' },
        client_id: 'm2m-client-test-0e0e0e0e-0000-4000-8000-000000000001',
      });
      return access_token;
    },
    /** How often each endpoint was called since the last time this was asked. */
    calls: async (): Promise<Readonly<Record<string, number>>> => {
      const { calls } = await send('GET', '/_emulator/counters');
      await send('DELETE', '/_emulator/counters');
      return calls;
    },
  };
};

export type Stytch = ReturnType<typeof stytchAt>;
