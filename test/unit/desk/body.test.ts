import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBody } from '../../../src/desk/body.ts';
import * as z from '../../../src/model/zod.ts';

const MAX = 65_536;
const schema = z.strictObject({
  name: z.string(),
  list: z.optional(z.array(z.strictObject({ id: z.number() }))),
  any: z.optional(z.unknown()),
});

type Body = string | Uint8Array<ArrayBuffer> | ReadableStream;

const post = (body: Body | null, type: string | null = 'application/json'): Request => {
  const request = new Request('https://keys.acme.test/v1/keys', {
    method: 'POST',
    body,
    duplex: 'half',
  } as RequestInit);
  request.headers.delete('content-type');
  if (type !== null) request.headers.set('content-type', type);
  return request;
};

const read = (body: Body | null, type?: string | null) => readBody(post(body, type), schema);

const pointers = async (body: Body): Promise<string[]> => {
  const result = await read(body);
  if (result.ok || result.refusal.reason !== 'request_invalid') throw new Error('not invalid');
  return result.refusal.errors.map(({ pointer }) => pointer);
};

describe('the media type', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    ' application/json ;x=y',
  ])('%j is taken', async (type) => {
    expect(await read('{"name":"a"}', type)).toEqual({ ok: true, value: { name: 'a' } });
  });

  it.each([
    null,
    '',
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'application/jsonp',
    'application/problem+json',
    'application',
  ])('%j is 415, and the body is not read', async (type) => {
    const request = post('{"name":"a"}', type);
    expect(await readBody(request, schema)).toEqual({
      ok: false,
      refusal: { reason: 'media_type_unsupported', expected: 'application/json' },
    });
    expect(request.bodyUsed).toBe(false);
  });
});

describe('the length', () => {
  const padded = (length: number) => `{"name":"a"}${' '.repeat(length - '{"name":"a"}'.length)}`;

  it('is 64 KiB at most, counted as it comes', async () => {
    expect((await read(padded(MAX))).ok).toBe(true);
    expect(await read(padded(MAX + 1))).toEqual({
      ok: false,
      refusal: { reason: 'body_too_large', maxBytes: MAX },
    });
  });

  it('is counted in bytes, not in characters', async () => {
    expect(await read(JSON.stringify({ name: 'é'.repeat(MAX / 2) }))).toMatchObject({
      refusal: { reason: 'body_too_large' },
    });
  });

  it('beyond the limit is not read on', async () => {
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream({
      pull: (controller) => {
        pulled++;
        controller.enqueue(new Uint8Array(10_000).fill(0x20));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    expect(await read(endless)).toMatchObject({ refusal: { reason: 'body_too_large' } });
    expect([pulled < 12, cancelled]).toEqual([true, true]);
  });
});

describe('the depth', () => {
  const nested = (depth: number, open = '[', close = ']') =>
    `{"name":"a","any":${open.repeat(depth)}1${close.repeat(depth)}}`;

  it('is eight at most', async () => {
    expect((await read(nested(7))).ok).toBe(true);
    expect(await pointers(nested(8))).toEqual(['']);
    expect((await read(nested(7, '{"a":', '}'))).ok).toBe(true);
    expect(await pointers(nested(8, '{"a":', '}'))).toEqual(['']);
  });

  it.each([
    ['lists', nested(32_000)],
    ['objects', nested(10_000, '{"a":', '}')],
    ['a wide list', `{"name":"a","any":[${'1,'.repeat(32_000)}1]}`],
  ])('of a bomb is found out without going down: %s', async (_, body) => {
    const result = await read(body);
    expect(result.ok || result.refusal.reason).toBe(body.includes('1,1') ? true : 'request_invalid');
  });
});

describe('what is no JSON object of ours', () => {
  it.each([
    '',
    ' ',
    '{',
    'null',
    '[]',
    '"name"',
    '7',
    'true',
    '{"name":"a"} x',
    "{'name':'a'}",
    '{"name":"a",}',
    'NaN',
    '\u0000',
  ])('%j is refused as a whole', async (body) => {
    expect(await pointers(body)).toEqual(['']);
  });

  it('no body is refused', async () => {
    expect(await read(null)).toMatchObject({ refusal: { reason: 'request_invalid' } });
  });

  it('bytes that are not UTF-8 are refused, wherever they are cut', async () => {
    const bytes = new TextEncoder().encode('{"name":"aé"}');
    const broken = bytes.map((byte) => (byte === 0xa9 ? 0xff : byte));
    for (const [whole, expected] of [
      [bytes, true],
      [broken, false],
      [bytes.slice(0, -3), false],
    ] as const) {
      for (let cut = 0; cut <= whole.length; cut++) {
        const stream = new ReadableStream({
          start: (controller) => {
            controller.enqueue(whole.slice(0, cut));
            controller.enqueue(whole.slice(cut));
            controller.close();
          },
        });
        expect([cut, (await read(stream)).ok]).toEqual([cut, expected]);
      }
    }
  });
});

describe('what is wrong in it', () => {
  it.each([
    ['{}', ['/name']],
    ['{"name":7}', ['/name']],
    ['{"name":"a","owner":"eve"}', ['/owner']],
    ['{"name":"a","list":[{"id":1},{"id":"x"}]}', ['/list/1/id']],
    ['{"name":"a","list":[{"id":1,"more":1}]}', ['/list/0/more']],
    ['{"name":"a","a/b":1}', ['/a~1b']],
    ['{"name":"a","a~b":1}', ['/a~0b']],
    ['{"name":"a","":1}', ['/']],
    ['{"name":"a","__proto__":{"x":1}}', ['/__proto__']],
    ['{"name":"a","constructor":1}', ['/constructor']],
    ['{"name":1,"x":1}', ['/name', '/x']],
  ])('%s: %j', async (body, expected) => {
    expect(await pointers(body)).toEqual(expected);
  });

  it('is named by pointers that lead to it (RFC 6901)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: fc.constantFrom('~', '/', 'a', '0', '1', 'é'), maxLength: 6 }),
        async (member) => {
          fc.pre(!['name', 'list', 'any'].includes(member));
          const [pointer = ''] = await pointers(JSON.stringify({ name: 'a', [member]: 1 }));
          expect(pointer.slice(1).replaceAll('~1', '/').replaceAll('~0', '~')).toBe(member);
        },
      ),
    );
  });

  it('is told in words, of a value of another kind too', async () => {
    const result = await read('{"name":7,"list":[{}]}');
    const details = 'refusal' in result && 'errors' in result.refusal ? result.refusal.errors : [];
    expect(details.map(({ detail }) => detail)).toEqual([
      'Invalid input: expected string, received number',
      'Invalid input: expected number, received undefined',
    ]);
  });

  it('repeats none of the values', async () => {
    const result = await read(
      JSON.stringify({ name: { secret: 'acme_test_planted' }, list: 'acme_test_planted' }),
    );
    expect(JSON.stringify(result)).not.toContain('planted');
  });

  it.each([
    [32, 33],
    // It may be the secret of a client.
    [33, 0],
  ])('is told in a bounded number of words: names of %d characters', async (length, longest) => {
    const names = Array.from({ length: 500 }, (_, i) => `${i}`.padEnd(length, 'x'));
    const many = Object.fromEntries(names.map((name) => [name, 1]));
    const found = await pointers(JSON.stringify({ name: 'a', ...many }));
    expect([found.length, Math.max(...found.map((pointer) => pointer.length))]).toEqual([20, longest]);
  });
});
