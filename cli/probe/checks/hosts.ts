import { isIP } from 'node:net';
import { type Check, fine, forEach, isRefused, judged, refusedWith, wrong } from '../check.ts';

const ALONE =
  'The Worker answers where it was not asked to. Only the hosts of latchkey.config.ts may lead to it: see routes and custom domains, and that workers_dev and preview_urls are off.';

export const HOSTS: readonly Check[] = [
  {
    id: 'hosts.other',
    says: 'another name than the API has is answered 421',
    row: 'PATH-07',
    advice: ALONE,
    run: ({ ask, api, path }) => {
      const { host, hostname, port } = api;
      const dotted = `${hostname}.${port === '' ? '' : `:${port}`}`;
      const others = [
        ...['elsewhere.invalid', 'latchkey.elsewhere.workers.dev', `${host}.elsewhere.invalid`],
        ...[`elsewhere.invalid/${host}`, `${hostname}:1`],
        // An address has no dot at its end.
        ...(isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? [dotted] : []),
      ];
      return forEach(others, async (other) =>
        refusedWith(await ask(api, { target: path, host: other }), [421, 400]),
      );
    },
  },
  {
    id: 'hosts.tls',
    says: 'the host decides, and not the name that TLS was asked for',
    row: 'PATH-07',
    advice: ALONE,
    needs: ['https', 'the Desk'],
    run: async ({ ask, api, desk, path }) => {
      const serverName = desk?.hostname ?? '';
      const answer = await ask(api, { target: path, serverName });
      if (!isRefused(answer)) return [wrong(answer, 'was served')];
      const other = await ask(api, { target: path, serverName, host: 'elsewhere.invalid' });
      return [
        judged(answer, ![null, 400, 401, 403, 421].includes(answer.status) && '401, or 421, is right'),
        refusedWith(other, [421, 400]),
      ];
    },
  },
  {
    id: 'hosts.apart',
    says: 'the API host serves nothing of the Desk',
    row: 'PATH-14',
    advice: 'Portal and API must not share an origin: a script there could use the session here.',
    run: ({ ask, api }) =>
      forEach(['/healthz', '/openapi.json', '/.well-known/jwks.json'], async (target) => {
        const answer = await ask(api, { target });
        return isRefused(answer) ? fine(answer) : wrong(answer, 'was served');
      }),
  },
  {
    id: 'hosts.elsewhere',
    says: 'other addresses of the Worker serve nothing',
    row: 'PATH-07',
    advice: ALONE,
    needs: ['--elsewhere'],
    run: async ({ ask, elsewhere, path }) => {
      const answer = await ask(elsewhere as URL, { target: path });
      return [refusedWith(answer, [421, 400])];
    },
  },
];
