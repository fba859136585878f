import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { CHECKS } from '../../../cli/doctor/checks/index.ts';
import type { Finding } from '../../../cli/doctor/finding.ts';
import type { Fault } from '../breaking-proxy.ts';
import { FAULTS, onTheWay, type Plant, withSecrets } from './doctor-faults.ts';
import { type Health, type Patient, startPatient } from './doctor-patient.ts';

let patient: Patient;
beforeAll(async () => {
  patient = await startPatient();
});
afterAll(() => patient?.stop());

afterEach(() => patient.cure());

/** All but what the probe looks at closely: it takes seconds, and none of these faults is of its. */
const AT_FIRST_SIGHT = ['CONFIG', 'WRANGLER', 'SECRET', 'STYTCH', 'EDGE'].flatMap((group) => [
  '--only',
  group,
]);

const wrongOf = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ verdict }) => verdict === 'FAIL' || verdict === 'WARN');

/** Nothing long of a secret is written, however it is quoted. */
const expectUntold = (secrets: Health['secrets'], written: string): void => {
  const text = typeof secrets === 'string' ? secrets : Object.values(secrets).join('\n');
  for (const [material] of text.matchAll(/[\w-]{20,}/g)) expect(written).not.toContain(material);
};

test('a deployment that is right has nothing that is wrong, and is as it was', async () => {
  const before = await patient.clientIds();
  const { code, findings, written } = await patient.examine();
  expect(wrongOf(findings)).toEqual([]);
  expect(code).toBe(0);
  const skipped = findings.filter(({ verdict }) => verdict === 'skipped').map(({ id }) => id);
  // What needs an account, another machine, TLS or a key.
  expect(skipped).toEqual([
    ...['WRANGLER-03', 'WRANGLER-09', 'WRANGLER-10', 'EDGE-05'],
    ...['headers.identity', 'headers.hop-by-hop', 'hosts.tls', 'caches.answers', 'tls.only', 'tls.strict'],
  ]);
  expect(patient.calls).toEqual([['secret', 'list', '--format', 'json', '--env', '']]);
  expect(await patient.clientIds()).toEqual(before);
  expectUntold(patient.well.secrets, written);
});

describe('what is wrong is found, alone, with what to do', () => {
  test.each(FAULTS)('%s: %s', async (_, id, says, plant) => {
    const change = await plant(patient);
    const { code, findings, written } = await patient.examine({ args: AT_FIRST_SIGHT, ...change });
    const wrong = wrongOf(findings);
    expect(wrong.map((finding) => finding.id)).toEqual([id]);
    const [finding] = wrong;
    expect(finding?.details.join('\n')).toMatch(says);
    expect(finding?.advice).toMatch(/\S/);
    expect(code).toBe(finding?.verdict === 'FAIL' ? 1 : 0);
    expectUntold({ ...patient.well, ...change }.secrets, written);
  });

  test('a fault hides nothing but what depends on it, and that says so', async () => {
    const { findings } = await patient.examine({
      args: AT_FIRST_SIGHT,
      ...withSecrets({ STYTCH_SECRET: 'secret-test-of-another-project' })(patient),
    });
    const skipped = findings.filter(({ details }) => details.includes('STYTCH-03 first'));
    expect(skipped.map(({ id }) => id)).toEqual(
      ['04', '05', '06', '07', '08', '09'].map((number) => `STYTCH-${number}`),
    );
    expect(findings.find(({ id }) => id === 'STYTCH-02')?.verdict).toBe('ok');
  });
});

describe('what the probe sees closely is found', () => {
  test.each<[what: string, id: string, plant: Plant]>([
    ['an origin that lets in whoever comes', 'origin.closed', () => ({ isOriginOpen: true })],
    [
      'a cache before the Gate',
      'caches.refusals',
      onTheWay({
        response: (answered, { target }) =>
          target.endsWith('.css')
            ? { ...answered, headers: [...answered.headers, ['CF-Cache-Status', 'HIT']] }
            : answered,
      }),
    ],
    [
      'a Worker that is not ready',
      'desk.ready',
      onTheWay({
        instead: ({ target }) => (target === '/readyz' ? { status: 503, headers: [], body: '' } : null),
      }),
    ],
    [
      'a path that is gone when it is looked at again',
      'PROBE-01',
      (sick) => {
        let times = 0;
        const instead: Fault['instead'] = ({ target }) => {
          times += target === '/v1/items/1' ? 1 : 0;
          return target === '/v1/items/1' && times > 1 ? { status: 404, headers: [], body: '' } : null;
        };
        return onTheWay({ instead })(sick);
      },
    ],
  ])('%s: %s', async (_, id, plant) => {
    const { code, findings } = await patient.examine(await plant(patient));
    expect(wrongOf(findings)).toEqual([
      expect.objectContaining({ id, verdict: 'FAIL', advice: expect.stringMatching(/\S/) }),
    ]);
    expect(code).toBe(1);
  });
});

test('where Latchkey is not the one who answers, nothing is looked at closely', async () => {
  patient.proxy.break({ instead: () => ({ status: 200, headers: [], body: 'served' }) });
  const { code, findings } = await patient.examine();
  expect(wrongOf(findings).map(({ id }) => id)).toEqual(['EDGE-01']);
  expect(findings.at(-1)).toMatchObject({ id: 'PROBE-01', verdict: 'skipped', details: ['EDGE-01 first'] });
  expect(code).toBe(1);
});

test('every check is seen to fail, here or in test/unit/cli/doctor', () => {
  const byUnit = [
    ...['CONFIG-04', 'CONFIG-06', 'WRANGLER-03', 'WRANGLER-04', 'WRANGLER-06', 'WRANGLER-09', 'WRANGLER-10'],
    ...['WRANGLER-11', 'WRANGLER-13', 'WRANGLER-14', 'EDGE-05'],
  ];
  expect(new Set([...FAULTS.map(([, id]) => id), ...byUnit, 'PROBE-01'])).toEqual(
    new Set(Object.keys(CHECKS)),
  );
});
