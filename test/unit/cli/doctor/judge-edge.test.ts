import { describe, expect, test } from 'vitest';
import { decisiveOf, judgeEdge } from '../../../../cli/doctor/judge-edge.ts';
import type { EdgeFacts } from '../../../../cli/doctor/look-edge.ts';
import type { Answer } from '../../../../cli/probe/ask.ts';

const answer = (status: number | null, json: Answer['json'] = null, code: string | null = null): Answer => ({
  ...{ sent: 'GET /v1', came: status === null ? 'no answer in 15 s' : String(status), status, json, code },
  ...{ text: '', header: () => null, all: () => [] },
});

const DESK = 'https://keys.acme.com';
const SIGNING = [{ kty: 'EC', crv: 'P-256', alg: 'ES256', kid: 'a', x: 'x', y: 'y', d: 'd' }] as const;
const GOOD: EdgeFacts = {
  apis: [
    {
      api: 'https://api.acme.com',
      metadata: answer(200, { authorization_servers: [DESK] }),
      guarded: answer(401, null, 'credential_missing'),
    },
  ],
  desk: { url: DESK, health: answer(200), jwks: answer(200, { keys: [{ kid: 'a', x: 'x', y: 'y' }] }) },
  skew: 0,
};
const [API] = GOOD.apis;
if (API === undefined) throw new Error('there is no API');

const verdictsOf = (facts: Partial<EdgeFacts>, signing: typeof SIGNING | null = SIGNING) =>
  judgeEdge({ ...GOOD, ...facts }, DESK, signing).flatMap(({ id, verdict, details }) =>
    verdict === 'ok' ? [] : [[id, verdict, ...details]],
  );

test('a deployment that is right has nothing that is wrong', () => {
  expect(verdictsOf({})).toEqual([]);
});

describe('what is wrong at first sight is found', () => {
  test.each<[what: string, facts: Partial<EdgeFacts>, id: string, problem: RegExp]>([
    [
      'nobody at the API',
      { apis: [{ ...API, metadata: answer(null) }] },
      'EDGE-01',
      /^https:\/\/api\.acme\.com: no answer/,
    ],
    ['somebody else at the API', { apis: [{ ...API, metadata: answer(200, {}) }] }, 'EDGE-01', /: 200$/],
    [
      'a second API that is not there',
      { apis: [API, { ...API, api: 'https://api2.acme.com', metadata: answer(522) }] },
      'EDGE-01',
      /^https:\/\/api2\.acme\.com: 522$/,
    ],
    ['no Desk', { desk: { ...GOOD.desk, health: answer(421) } }, 'EDGE-02', /^https:\/\/keys.*: 421$/],
    [
      'another Desk',
      { apis: [{ ...API, metadata: answer(200, { authorization_servers: ['https://a.test'] }) }] },
      'EDGE-03',
      /has the Desk at https:\/\/a\.test$/,
    ],
    [
      'a key that is not published',
      { desk: { ...GOOD.desk, jwks: answer(200, { keys: [] }) } },
      'EDGE-04',
      /^the key a is not published$/,
    ],
    [
      'another key under its name',
      { desk: { ...GOOD.desk, jwks: answer(200, { keys: [{ kid: 'a', x: 'x', y: 'z' }] }) } },
      'EDGE-04',
      /^another key is published as a$/,
    ],
    ['no JWKS', { desk: { ...GOOD.desk, jwks: answer(503) } }, 'EDGE-04', /^the JWKS: 503$/],
    ['a clock', { skew: 30 }, 'EDGE-05', /^the edge's clock is 30 s ahead/],
    ['a way past the Gate', { apis: [{ ...API, guarded: answer(200) }] }, 'EDGE-06', /^GET \/v1: 200; 401/],
    [
      'a 401 of somebody else',
      { apis: [{ ...API, guarded: answer(401) }] },
      'EDGE-06',
      /credential_missing is right$/,
    ],
  ])('%s', (_, facts, id, problem) => {
    const found = verdictsOf(facts).filter(([, verdict]) => verdict === 'FAIL');
    expect(found).toEqual([[id, 'FAIL', expect.stringMatching(problem)]]);
  });
});

test('what could not be seen is skipped, and says why', () => {
  expect(verdictsOf({ skew: null, apis: [{ ...API, guarded: null }] }, null)).toEqual([
    ['EDGE-04', 'skipped', 'the file of secrets has no ASSERTION_JWKS to compare'],
    ['EDGE-05', 'skipped', 'the edge did not say the time'],
    ['EDGE-06', 'skipped', 'no route needs a credential'],
  ]);
});

test('a closer look is worth nothing where Latchkey is not the one who answers', () => {
  const judged = (facts: Partial<EdgeFacts>) => decisiveOf(judgeEdge({ ...GOOD, ...facts }, DESK, SIGNING));
  expect(judged({})).toBeNull();
  expect(judged({ skew: 30 })).toBeNull();
  expect(judged({ apis: [{ ...API, metadata: answer(null) }] })).toBe('EDGE-01');
  expect(judged({ apis: [{ ...API, guarded: answer(200) }] })).toBe('EDGE-06');
});
