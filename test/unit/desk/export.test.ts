import type { Context } from 'hono';
import { describe, expect, it } from 'vitest';
import type { Door } from '../../../src/desk/doors.ts';
import { exportOperation } from '../../../src/desk/export.ts';
import type { DeskPorts } from '../../../src/desk/ports.ts';
import { LATCHKEY } from '../../../src/model/author.ts';
import type { ExportPage } from '../../../src/model/life.ts';
import { err, ok, type Refusal, type Result } from '../../../src/model/refusal.ts';
import type { Subject } from '../../../src/model/subject.ts';
import { newTrace } from '../../../src/model/trace.ts';

const OWNER = { kind: 'user', id: 'user-test-1', organizationId: null } as const;
const SILENT: Refusal = { reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 };

const page = (next: string | null, ...types: readonly string[]): Result<ExportPage> =>
  ok({ lines: types.map((type) => ({ type })), next });

/** An export from a Ring that answers so, and what it was asked for. */
const exported = async (...answers: readonly Result<ExportPage>[]) => {
  const asked: (string | null)[] = [];
  const logged: object[] = [];
  const ports = {
    ringOf: async () => ({
      exportPage: async (_owner: unknown, after: string | null) => {
        asked.push(after);
        return answers[asked.length - 1] ?? err(SILENT);
      },
    }),
    log: (line: object) => logged.push(line),
  } as unknown as DeskPorts;
  const who: Subject = { owner: OWNER, grantable: [], createdBy: 'x', author: LATCHKEY };
  const door: Door<Subject> = { security: 'operator', refusals: [], open: async () => ok(who) };
  const operation = exportOperation(ports, '/x', { tag: 'x', door });
  const request = new Request('https://desk.test/x');
  const context = { req: { param: () => ({}), query: () => ({}), raw: request } } as unknown as Context;
  const result = await operation.serve(context, { requestId: 'request-1', trace: newTrace() });
  return { result, asked, logged };
};

/** All that can be read of an answer, and whether it came to its end. */
const read = async (result: Result<Response>) => {
  if (!result.ok) throw new Error(result.refusal.reason);
  const texts: string[] = [];
  try {
    for await (const chunk of result.value.body ?? []) texts.push(new TextDecoder().decode(chunk));
    return { text: texts.join(''), whole: true };
  } catch (error) {
    return { text: texts.join(''), whole: false, because: String(error) };
  }
};

describe('an export', () => {
  it('is a line for each thing, from page to page', async () => {
    const { result, asked } = await exported(page('a', 'owner', 'key'), page('b'), page(null, 'end'));
    expect(await read(result)).toEqual({
      ...{ text: '{"type":"owner"}\n{"type":"key"}\n{"type":"end"}\n', whole: true },
    });
    expect(asked).toEqual([null, 'a', 'b']);
  });

  it('asks for no page that nobody reads', async () => {
    const { result, asked } = await exported(page('a', 'owner'), page('b', 'key'), page('c', 'key'));
    const reader = result.ok ? result.value.body?.getReader() : undefined;
    await reader?.read();
    await reader?.cancel();
    expect(asked.length).toBeLessThan(3);
  });

  it('is refused where the Ring is silent from the start', async () => {
    const { result } = await exported();
    expect(result).toEqual({ ok: false, refusal: SILENT });
  });

  it('breaks off where the Ring falls silent, and the log says so', async () => {
    const { result, logged } = await exported(page('a', 'owner'), page('b', 'key'));
    expect(await read(result)).toEqual({
      ...{ text: '{"type":"owner"}\n{"type":"key"}\n', whole: false },
      because: 'Error: the export broke off',
    });
    expect(logged).toEqual([{ event: 'export', request_id: 'request-1', outcome: 'broke off' }]);
  });
});
