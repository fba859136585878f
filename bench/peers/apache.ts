import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../tools/dev/ports.ts';
import type { Stytch } from '../latchkey.ts';
import type { World } from '../variant.ts';
import { installProgram } from './install.ts';
import { peer, type Served } from './peer.ts';
import { startProgram } from './program.ts';
import { badTokens, bearer, m2mToken, publicKey } from './stytch.ts';

const PROXY = ['mpm_event', 'authz_core', 'proxy', 'proxy_http'];

/** One child with threads enough for the load, which keeps its connections to both sides. */
const configuration = (
  own: string,
  port: number,
  originUrl: string,
  modules: readonly string[],
  rules: string,
) => `${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n')}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${own}.pid
ErrorLog ${own}.log
LogLevel crit
${process.getuid?.() === 0 ? 'User #65534\nGroup #65534' : ''}
StartServers 1
ServerLimit 1
ThreadsPerChild 64
MaxRequestWorkers 64
MaxKeepAliveRequests 0
KeepAliveTimeout 60
ProxyPass / ${originUrl}/
${rules}
`;

/**
 * An OAuth 2.0 resource server as https://github.com/OpenIDC/mod_auth_openidc/wiki/OAuth-2.0-Resource-Server has it,
 * with one key from a file (its JWKS would be fetched by https alone, once in an hour): signature and expiry on each call,
 * issuer and audience by `Require`. The caller is told to the origin, and the token is not.
 */
const jwtRules = (stytch: Stytch, kid: string, keyFile: string): string => `
OIDCOAuthVerifyCertFiles ${kid}#${keyFile}
OIDCOAuthRemoteUserClaim user_id
<Location />
  AuthType oauth20
  OIDCAuthNHeader X-Latchkey-User-Id
  OIDCPassClaimsAs none
  RequestHeader unset Authorization
  <RequireAll>
    Require claim "iss:stytch.com/${stytch.projectId}"
    Require claim "aud:${stytch.projectId}"
  </RequireAll>
</Location>`;

const start = async (
  name: string,
  { folder, origin }: World,
  modules: readonly string[] = [],
  rules = '',
) => {
  const port = await freePort();
  const own = join(folder, name);
  writeFileSync(`${own}.conf`, configuration(own, port, origin.url, [...PROXY, ...modules], rules));
  const args = ['-f', `${own}.conf`, '-DFOREGROUND'];
  const program = await startProgram('/usr/sbin/apache2', args, port);
  return { pid: program.pid, port, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
};

/** What `apache_jwt` is a ratio of; it is sent the same token and does not look at it. */
export const apache = peer({
  name: 'apache',
  says: "Debian's Apache (event), outside workerd, one child, a bare proxy",
  identified: false,
  missing: installProgram('apache'),
  serve: async (world): Promise<Served> => ({
    ...(await start('apache', world)),
    good: async () => bearer(await m2mToken(world.latchkey.stytch)),
    ...{ bad: null, asked: null },
  }),
});

export const apacheJwt = peer({
  name: 'apache_jwt',
  says: 'the same with `mod_auth_openidc` as an OAuth resource server: an M2M access token verified on each call',
  base: 'apache',
  missing: installProgram('apache'),
  serve: async (world): Promise<Served> => {
    const { stytch } = world.latchkey;
    const { kid, pem } = await publicKey(stytch);
    const keyFile = join(world.folder, 'apache_jwt.pem');
    writeFileSync(keyFile, pem);
    const modules = ['authn_core', 'headers', 'auth_openidc'];
    return {
      ...(await start('apache_jwt', world, modules, jwtRules(stytch, kid, keyFile))),
      good: async () => bearer(await m2mToken(stytch)),
      bad: async () => (await badTokens(stytch)).map(bearer),
      asked: null,
    };
  },
});
