import { type Check, fine, forEach, isRefused, judged, refusedWith, wrong } from '../check.ts';

const WEBSOCKET = [
  ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];
const H2C = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__'];

export const METHODS: readonly Check[] = [
  {
    id: 'methods.unknown',
    says: 'a method that is none of an API is refused, in capitals or not',
    row: 'PATH-08',
    advice:
      'Some method goes past policy. See what is before the Worker, and that nothing answers TRACE or PURGE there.',
    run: ({ ask, api, path }) =>
      forEach(['TRACE', 'PURGE', 'get', 'FOO'], async (method) =>
        refusedWith(await ask(api, { method, target: path }), [405]),
      ),
  },
  {
    id: 'methods.override',
    says: 'no header names another method',
    row: 'HDR-07',
    advice:
      'Somebody before the Worker goes by X-HTTP-Method-Override: policy is asked of another method than the origin gets.',
    run: async ({ ask, api, path }) => {
      const plain = await ask(api, { target: path });
      const names = ['X-HTTP-Method-Override', 'X-Method-Override', 'X-HTTP-Method'];
      const answer = await ask(api, { target: path, lines: names.map((name) => `${name}: PURGE`) });
      const same = answer.status === plain.status && answer.code === plain.code;
      const inQuery = await ask(api, { target: `${path}?_method=PURGE` });
      return [judged(answer, !same && `${plain.came} is right, as without it`), refusedWith(inQuery, [400])];
    },
  },
  {
    id: 'upgrades.websocket',
    says: 'no WebSocket is opened without a credential',
    row: 'PATH-09',
    advice: 'An upgrade went past policy. See who answers it.',
    run: async ({ ask, api, path }) => [
      refusedWith(await ask(api, { target: path, lines: WEBSOCKET }), [426, 401, 403]),
      refusedWith(
        await ask(api, { method: 'POST', target: path, lines: WEBSOCKET }),
        [426, 405, 401, 400, 403],
      ),
    ],
  },
  {
    id: 'upgrades.h2c',
    says: 'no connection becomes HTTP/2 without TLS',
    row: 'PATH-10',
    advice: 'An upgrade to h2c opens a tunnel past policy. See who answers it.',
    run: async ({ ask, api, path }) => {
      const answer = await ask(api, { target: path, lines: H2C });
      return [isRefused(answer) ? fine(answer) : wrong(answer, 'was not refused')];
    },
  },
  {
    id: 'early-data',
    says: 'a request that could be replayed is told to come again',
    row: 'PATH-12',
    advice:
      'Either the route has earlyData: true in latchkey.config.ts, and then its requests must do no harm twice; or Early-Data is taken off on the way: switch 0-RTT off.',
    run: async ({ ask, api, path }) => [
      refusedWith(await ask(api, { target: path, lines: ['Early-Data: 1'] }), [425]),
    ],
  },
];
