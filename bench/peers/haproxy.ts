import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../tools/dev/ports.ts';
import type { World } from '../variant.ts';
import { installProgram } from './install.ts';
import { peer, type Served } from './peer.ts';
import { startProgram } from './program.ts';
import { badTokens, bearer, m2mToken, publicKey } from './stytch.ts';

/** One thread, as workerd has one: the machine's cores are for the origin and the client too. */
const configuration = (port: number, originPort: number, rules: readonly string[]): string => `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend api
  bind 127.0.0.1:${port}
${rules.map((rule) => `  http-request ${rule}\n`).join('')}  default_backend origin
backend origin
  server origin 127.0.0.1:${originPort}
`;

/**
 * As https://www.haproxy.com/blog/verify-oauth-jwt-tokens-with-haproxy has it, from one key in a file: signature,
 * algorithm, issuer, audience, expiry. The caller is told to the origin, and the token is not.
 */
const jwtRules = (projectId: string, keyFile: string): readonly string[] => [
  'set-var(txn.bearer) http_auth_bearer',
  "set-var(txn.alg) var(txn.bearer),jwt_header_query('$.alg')",
  "set-var(txn.iss) var(txn.bearer),jwt_payload_query('$.iss')",
  "set-var(txn.aud) var(txn.bearer),jwt_payload_query('$.aud[0]')",
  "set-var(txn.exp) var(txn.bearer),jwt_payload_query('$.exp','int')",
  'deny deny_status 401 unless { var(txn.alg) -m str RS256 }',
  `deny deny_status 401 unless { var(txn.iss) -m str stytch.com/${projectId} }`,
  `deny deny_status 401 unless { var(txn.aud) -m str ${projectId} }`,
  `deny deny_status 401 unless { var(txn.bearer),jwt_verify(txn.alg,"${keyFile}") -m int 1 }`,
  'set-var(txn.now) date()',
  'deny deny_status 401 if { var(txn.exp),sub(txn.now) -m int lt 0 }',
  "set-header X-Latchkey-User-Id %[var(txn.bearer),jwt_payload_query('$.user_id')]",
  'del-header Authorization',
];

const start = async (name: string, { folder, origin }: World, rules: readonly string[]) => {
  const port = await freePort();
  const file = join(folder, `${name}.cfg`);
  writeFileSync(file, configuration(port, origin.port, rules));
  const program = await startProgram('/usr/sbin/haproxy', ['-db', '-f', file], port);
  return { pid: program.pid, port, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
};

/** What `haproxy_jwt` is a ratio of; it is sent the same token and does not look at it. */
export const haproxy = peer({
  name: 'haproxy',
  says: "Debian's HAProxy, outside workerd, one thread, a bare proxy",
  identified: false,
  missing: installProgram('haproxy'),
  serve: async (world): Promise<Served> => ({
    ...(await start('haproxy', world, [])),
    good: async () => bearer(await m2mToken(world.latchkey.stytch)),
    ...{ bad: null, asked: null },
  }),
});

export const haproxyJwt = peer({
  name: 'haproxy_jwt',
  says: 'the same with its JWT check (`jwt_verify`): an M2M access token verified on each call, the key from a file',
  base: 'haproxy',
  missing: installProgram('haproxy'),
  serve: async (world): Promise<Served> => {
    const { stytch } = world.latchkey;
    const keyFile = join(world.folder, 'haproxy_jwt.pem');
    writeFileSync(keyFile, (await publicKey(stytch)).pem);
    return {
      ...(await start('haproxy_jwt', world, jwtRules(stytch.projectId, keyFile))),
      good: async () => bearer(await m2mToken(stytch)),
      bad: async () => (await badTokens(stytch)).map(bearer),
      asked: null,
    };
  },
});
