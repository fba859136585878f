import { type Check, fine, forEach, isRefused, judged, wrong } from '../check.ts';

/** More than `[[ratelimits]]` of wrangler.toml lets one address have in a minute. */
const MANY = 150;

export const ORIGIN: readonly Check[] = [
  {
    id: 'origin.closed',
    says: 'the origin lets nobody in who did not come through the edge',
    row: 'ORG-01; finding 0.11',
    advice:
      'Whoever finds its address goes past Latchkey. Verify X-Latchkey-Assertion in the origin, and let only Cloudflare reach it: docs/origins.md has it by language.',
    needs: ['--origin'],
    run: ({ ask, origin, api, path }) =>
      forEach(
        [
          [],
          ['X-Latchkey-User-Id: nobody', 'X-Latchkey-Auth: api_key', 'X-Latchkey-Scopes: nothing'],
          [
            'X-Latchkey-User-Id: nobody',
            'X-Latchkey-Auth: api_key',
            'X-Latchkey-Assertion: eyJhbGciOiJub25lIn0.e30.',
          ],
          [`X-Forwarded-Host: ${api.host}`],
        ],
        async (lines) => {
          const answer = await ask(origin as URL, { target: path, lines });
          if (answer.status === null)
            return fine(answer, 'cannot be reached from here, which is better still');
          if (!isRefused(answer)) return wrong(answer, 'was served');
          // Of a path that is not there, or an origin that is broken, nothing can be learned.
          return answer.status === 401 || answer.status === 403
            ? fine(answer)
            : { ...fine(answer), unseen: `the origin has no such path: ${answer.came}` };
        },
      ),
  },
  {
    id: 'limits.strangers',
    says: 'one address cannot ask without end without a credential',
    row: 'RL-08',
    advice:
      'The rate limit STRANGERS of wrangler.toml does not hold: see that [[ratelimits]] is deployed, and that its namespace_id is its own.',
    needs: ['--yes', 'the Desk'],
    run: async ({ ask, desk }) => {
      const lines = ['Content-Type: application/json'];
      const question = { method: 'POST', target: '/v1/leaked', lines, body: '{"key":"nothing"}' };
      for (let i = 1; ; i += 1) {
        const answer = await ask(desk as URL, question);
        if (answer.status === 429)
          return [judged(answer, answer.header('retry-after') === null && 'does not say when to come again')];
        if (i === MANY || answer.status === null)
          return [wrong(answer, `is the answer to request ${i}; 429 is right`)];
      }
    },
  },
];
