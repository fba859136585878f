import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'vitest';
import type { AssertionJwk } from '../../../src/gate/forward/assertion.ts';
import { forge, makeKey } from '../../unit/origin/setting.ts';
import { type Caller, type Edge, get, startEdge } from '../edge.ts';
import type { Setting } from './origin.ts';

/** The edge, somebody with a key, and the edge's keys where an origin can fetch them, among them one that the test may use. */
export interface World {
  readonly edge: Edge;
  readonly me: Caller;
  readonly setting: Setting;
  /** What came to the origin of a request to the Gate, byte for byte. */
  readonly through: (bytes: string) => Promise<string>;
  /** Claims as the edge makes them, for this caller and now. */
  readonly claims: () => Claims;
  /** An assertion that only the edge could make; by a key that it does not publish if `stranger`. */
  readonly sign: (claims: object, header?: Header, stranger?: boolean) => Promise<string>;
  readonly stop: () => Promise<void>;
}

export type Claims = Readonly<Record<string, unknown>> & { readonly iat: number; readonly exp: number };
export type Header = NonNullable<Parameters<typeof forge>[2]>;

export const startWorld = async (): Promise<World> => {
  const edge = await startEdge();
  const [me, key, stranger] = await Promise.all([
    edge.newCaller(),
    makeKey('of-the-test'),
    makeKey('of-the-test'),
  ]);
  const published = await publish(edge, key);
  const issuer = 'https://desk.test';
  return {
    edge,
    me,
    setting: { jwksUrl: published.url, issuer, audience: 'acme-api' },
    through: async (bytes) => {
      const { arrived, wire } = await edge.send(bytes);
      expect(arrived).toHaveLength(1);
      return wire;
    },
    claims: () => {
      const iat = Math.floor(Date.now() / 1000);
      const { userId, clientId, auth, scopes } = me.identity;
      const who = { sub: userId, client_id: clientId, auth, scope: scopes.join(' ') };
      return { iss: issuer, aud: 'acme-api', ...who, iat, exp: iat + 60, jti: crypto.randomUUID() };
    },
    sign: (claims, header, byStranger = false) => forge(byStranger ? stranger : key, claims, header),
    stop: async () => {
      await Promise.all([edge.stop(), published.stop()]);
    },
  };
};

const publish = async (edge: Edge, { d: _, ...key }: AssertionJwk) => {
  const { answers } = await edge.send(get('/.well-known/jwks.json', 'Host: desk.test'));
  const { keys } = JSON.parse(answers[0]?.text ?? '{}') as { readonly keys: readonly unknown[] };
  const jwks = JSON.stringify({ keys: [...keys, { ...key, alg: 'ES256', use: 'sig' }] });
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(jwks);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/.well-known/jwks.json`,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};
