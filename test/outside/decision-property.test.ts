import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canonicalPath } from '../../src/model/path.ts';
import { missingPackages, whySkipped } from '../packages.ts';
import { holds } from '../property.ts';
import { bearer, type Caller, request } from './edge.ts';
import { allows, anyDetour, anyMethod, anyTarget } from './hostile-requests.ts';
import { type Proxied, startProxied } from './proxied.ts';
import { nginx } from './proxies.ts';
import { exchange } from './socket.ts';

/** What must hold of every request, whoever forwards it: SECURITY 3, properties 1 and 2, with nginx in the Gate's place. */
const missing = missingPackages('origins');

describe.skipIf(missing.length > 0)(`nginx, which asks Latchkey${whySkipped('origins')}`, () => {
  let proxied: Proxied;
  beforeAll(async () => {
    proxied = await startProxied('nginx', nginx);
  });
  afterAll(() => proxied?.stop());
  beforeEach(() => proxied.origin.reset());

  let used = 0;
  let caller: Caller | null = null;
  /** A caller's limit is 600 a minute; heavy requests cost ten, and are made twice. */
  const someone = async (isKnown: boolean): Promise<Caller | null> => {
    if (!isKnown) return null;
    if (caller === null || used++ % 20 === 0) caller = await proxied.newCaller(['items:read']);
    return caller;
  };

  const target = fc.oneof(anyTarget, anyDetour);
  const answers = async (port: number, bytes: string) => {
    const { responses } = await exchange(port, [bytes], { halfClose: true, responses: Infinity });
    const [first] = responses;
    const isProblem = first?.header('content-type') === 'application/problem+json' && first.text !== '';
    return { status: first?.status ?? null, code: isProblem ? JSON.parse(first.text).code : null };
  };

  it('sends the origin what policy allows its sender, for exactly that path and method', async ({
    annotate,
  }) => {
    let arrivals = 0;
    const property = fc.asyncProperty(anyMethod, target, fc.boolean(), async (method, path, isKnown) => {
      proxied.origin.reset();
      const who = await someone(isKnown);
      const lines = [...(who === null ? [] : [bearer(who)]), 'Content-Length: 0', 'Connection: close'];
      // To nginx, a client that has said all is one that has gone.
      await exchange(proxied.port, [request(method, path, lines)], { responses: Infinity });
      for (const seen of proxied.origin.records()) {
        arrivals += 1;
        const [came = ''] = seen.target.split('?');
        expect(canonicalPath(came, 'deny')).toEqual({ path: came });
        const said = seen.headers.find(([name]) => name === 'X-Latchkey-User-Id')?.[1];
        const told = said === undefined ? null : who;
        expect([seen.method, said]).toEqual([method, told?.identity.userId]);
        for (const reading of [came, decodeURIComponent(came)])
          expect([reading, allows(method, reading, told)]).toEqual([reading, true]);
      }
    });
    await holds('decision, nginx', property, annotate);
    expect(arrivals).toBeGreaterThan(50);
  });

  it('hears what the Gate would answer, but where the Gate mends a path', async ({ annotate }) => {
    // What can stand in a header, and in a request line.
    const sayable = target.filter((path) => /^\/[\x21-\x7E]*$/.test(path));
    let yes = 0;
    const property = fc.asyncProperty(anyMethod, sayable, fc.boolean(), async (method, path, isKnown) => {
      const who = await someone(isKnown);
      const lines = who === null ? [] : [bearer(who)];
      const gate = await answers(
        proxied.latchkeyPort,
        request(method, path, [...lines, 'Content-Length: 0']),
      );
      const question = [
        ...['Host: desk.test', `X-Latchkey-Decision-Secret: ${proxied.secret}`, 'X-Original-Host: api.test'],
        ...[`X-Original-Method: ${method}`, `X-Original-URI: ${path}`, 'X-Original-Proto: http', ...lines],
      ];
      const decision = await answers(proxied.latchkeyPort, request('GET', '/decision', question));
      const isMended = canonicalPath(path.split('?')[0] ?? '', 'deny').path !== path.split('?')[0];
      // On a busy machine one of the two may not be able to tell, which is no verdict.
      if (gate.status === 503 || decision.status === 503) return;
      if (isMended) expect(decision).toEqual({ status: 400, code: 'path_not_canonical' });
      // Of what workerd refuses by itself, the Gate never hears; HEAD has no body.
      else if (gate.code !== null || gate.status === 200) {
        expect(decision).toEqual(gate);
        if (gate.status === 200) yes += 1;
      }
    });
    await holds('decision, Gate', property, annotate);
    expect(yes).toBeGreaterThan(50);
  });
});
