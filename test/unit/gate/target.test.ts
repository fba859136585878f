import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  foldName,
  isHostAlone,
  MAX_PATH_LENGTH,
  queryRefusal,
  sliceUrl,
  target,
} from '../../../src/gate/target.ts';
import { canonicalPath, PROBLEMS } from '../../../src/model/path.ts';
import { holds } from '../../property.ts';

const HOST = 'api.acme.test';
const RULES = { hosts: new Set([HOST, '127.0.0.1:8787']), pathParams: 'deny' } as const;
const QUERY_RULES = { forbiddenQuery: new Set(['access_token', 'api_key', 'apikey']) };

const ask = (rawTarget: string, method = 'GET', host = HOST) =>
  target(`http://${host}${rawTarget}`, method, RULES);
const pathOf = (rawTarget: string): string => {
  const found = ask(rawTarget);
  return found.ok ? found.value.path : `refused: ${JSON.stringify(found.refusal)}`;
};

/** Characters that somebody may put into a target, the troublesome ones more often. */
const rawTarget = fc
  .array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom('/', '.', '..', '%2e', '%2E', '%2f', '%5c', '\\', ';', '%', '%25', '%3b'),
      },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          'a',
          'Z',
          '7',
          '~',
          '-',
          '_',
          ':',
          '@',
          '*',
          '%41',
          '%7e',
          '%c3%a9',
          '%C3',
        ),
      },
      {
        weight: 1,
        arbitrary: fc.integer({ min: 0, max: 255 }).map((n) => `%${n.toString(16).padStart(2, '0')}`),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 2 }) },
    ),
    { maxLength: 12 },
  )
  .map((parts) => `/${parts.join('')}`);

const pathParams = fc.constantFrom('deny', 'allow') as fc.Arbitrary<'deny' | 'allow'>;

describe('a path that is canonical', () => {
  it.each([
    ['/', '/'],
    ['/v1/items', '/v1/items'],
    ['/v1/items/', '/v1/items/'],
    ['/.well-known/jwks.json', '/.well-known/jwks.json'],
    ["/a-._~!$&'()*+,=:@b", "/a-._~!$&'()*+,=:@b"],
    ['/...', '/...'],
    ['/.a/..b', '/.a/..b'],
    ['/Admin', '/Admin'],
    ['/admin.', '/admin.'],
    ['/admin%20', '/admin%20'],
    ['/caf%C3%A9', '/caf%C3%A9'],
    ['/a%3Fb', '/a%3Fb'],
    ['/100%25', '/100%25'],
    ['/100%25/x', '/100%25/x'],
    ['/100%25g0', '/100%25g0'],
    ['/a%3Bb', '/a%3Bb'],
  ])('%s is left alone', (raw, canonical) => {
    expect(pathOf(raw)).toBe(canonical);
  });

  it.each([
    ['/%61dmin', '/admin'],
    ['/%41%5A%7e%2D%5f%39', '/AZ~-_9'],
    ['/file%2etxt', '/file.txt'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/a%3fb%23', '/a%3Fb%23'],
  ])('%s becomes %s: unreserved decoded, the rest in upper case', (raw, canonical) => {
    expect(pathOf(raw)).toBe(canonical);
  });
});

describe('PATH-01: a path that origins read in more than one way is 400', () => {
  it.each([
    ['/a\\b', PROBLEMS.backslash],
    ['/public\\..\\admin', PROBLEMS.backslash],
    ['//admin', PROBLEMS.emptySegment],
    ['/a//b', PROBLEMS.emptySegment],
    ['/a//', PROBLEMS.emptySegment],
    ['/..', PROBLEMS.dotSegment],
    ['/.', PROBLEMS.dotSegment],
    ['/a/../b', PROBLEMS.dotSegment],
    ['/a/./b', PROBLEMS.dotSegment],
    ['/a/..', PROBLEMS.dotSegment],
    ['/public/%2e%2e/admin', PROBLEMS.dotSegment],
    ['/public/.%2e/admin', PROBLEMS.dotSegment],
    ['/public/%2E./admin', PROBLEMS.dotSegment],
    ['/public/%2e%2E', PROBLEMS.dotSegment],
    ['/%2e/admin', PROBLEMS.dotSegment],
    ['/public/..%3b/admin', PROBLEMS.dotSegment],
    ['/public/%2e%2e%3Bx/admin', PROBLEMS.dotSegment],
    ['/%3b/admin', PROBLEMS.emptySegment],
    ['/public/..%2fadmin', PROBLEMS.encodedSlash],
    ['/admin%2Fx', PROBLEMS.encodedSlash],
    ['/public/..%5cadmin', PROBLEMS.encodedSlash],
    ['/a%5C', PROBLEMS.encodedSlash],
    ['/admin%00', PROBLEMS.encodedControl],
    ['/admin%0a', PROBLEMS.encodedControl],
    ['/admin%1F', PROBLEMS.encodedControl],
    ['/admin%7f', PROBLEMS.encodedControl],
    ['/a%', PROBLEMS.badEscape],
    ['/a%2', PROBLEMS.badEscape],
    ['/a%zz', PROBLEMS.badEscape],
    ['/a%2%65', PROBLEMS.badEscape],
    ['/a%u002e', PROBLEMS.badEscape],
    ['/%252e%252e/admin', PROBLEMS.doubleEncoding],
    ['/%25%32%65', PROBLEMS.doubleEncoding],
    ['/%252fadmin', PROBLEMS.doubleEncoding],
    ['/%25252e', PROBLEMS.doubleEncoding],
    ['/%25AA', PROBLEMS.doubleEncoding],
    ['/admin;x', PROBLEMS.pathParameter],
    ['/admin/..;/', PROBLEMS.pathParameter],
    ['/a#b', PROBLEMS.fragment],
    ['/é', PROBLEMS.notAscii],
    ['/\uff0e\uff0e/admin', PROBLEMS.notAscii],
    ['/a\tb', PROBLEMS.notAscii],
    ['/a b', PROBLEMS.notAscii],
    ['/a\u0000', PROBLEMS.notAscii],
    ['/a"b', PROBLEMS.rawCharacter],
    ['/<a>', PROBLEMS.rawCharacter],
    ['/a^b', PROBLEMS.rawCharacter],
    ['/a`b', PROBLEMS.rawCharacter],
    ['/{a}', PROBLEMS.rawCharacter],
    ['/a|b', PROBLEMS.rawCharacter],
    ['/[a]', PROBLEMS.rawCharacter],
    ['/%c0%ae%c0%ae/admin', PROBLEMS.notUtf8],
    ['/%c3', PROBLEMS.notUtf8],
    ['/%c3x%a9', PROBLEMS.notUtf8],
    ['/%ed%a0%80', PROBLEMS.notUtf8],
    ['/%f4%90%80%80', PROBLEMS.notUtf8],
    ['/%ff', PROBLEMS.notUtf8],
  ])('%j', (raw, detail) => {
    expect(ask(raw)).toEqual({ ok: false, refusal: { reason: 'path_not_canonical', detail } });
  });

  it('with path parameters allowed, `;` passes and still hides no dot segment', () => {
    expect(canonicalPath('/a;v=1/b', 'allow')).toEqual({ path: '/a;v=1/b' });
    for (const raw of ['/public/..;/admin', '/public/.;x/admin', '/public/%2e%2e;a=b', '/..;']) {
      expect(canonicalPath(raw, 'allow')).toEqual({ problem: PROBLEMS.dotSegment });
    }
  });

  it('with path parameters allowed, a segment of nothing else is an empty one', () => {
    for (const raw of ['/;/admin', '/;x/admin', '/a/;', '/%3b']) {
      expect(canonicalPath(raw, 'allow')).toEqual({ problem: PROBLEMS.emptySegment });
    }
  });

  it('a path that does not begin with a slash is none', () => {
    for (const raw of ['', '*', 'a', '?', '%2f']) {
      expect(canonicalPath(raw, 'deny')).toEqual({ problem: PROBLEMS.relative });
    }
  });

  it('the answer never repeats what was sent', () => {
    const refused = ask('/planted-secret/%2e%2e');
    expect(JSON.stringify(refused)).not.toContain('planted-secret');
  });
});

describe('SECURITY 3, property 2 › idempotent canonicaliser', () => {
  it('the canonical form is its own canonical form, and what a URL parser leaves alone', async ({
    annotate,
  }) => {
    let forms = 0;
    const property = fc.property(rawTarget, pathParams, (raw, params) => {
      const { path } = canonicalPath(raw, params);
      if (path === undefined) return;
      forms += 1;
      expect(canonicalPath(path, params)).toEqual({ path });
      expect(new URL(`http://o${path}`).pathname).toBe(path);
    });
    await holds('2', property, annotate);
    expect(forms).toBeGreaterThan(0);
  });
});

describe('the canonical form', () => {
  it('however often it is decoded, has the same segments, and no dot segment, control character or backslash', () => {
    fc.assert(
      fc.property(rawTarget, pathParams, (raw, params) => {
        const { path } = canonicalPath(raw, params);
        if (path === undefined) return;
        const decoded = decodedToTheEnd(path);
        expect(decoded.split('/').length).toBe(path.split('/').length);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there.
        expect(decoded).not.toMatch(/[\\\u0000-\u001f\u007f]/);
        const names = decoded.split('/').map((segment) => segment.split(';')[0]);
        for (const name of names.slice(1)) expect(['.', '..']).not.toContain(name);
        for (const name of names.slice(1, -1)) expect(name).not.toBe('');
      }),
      { numRuns: 5000 },
    );
  });

  it('is reached by every spelling that differs only in needless escapes', () => {
    const character = fc.constantFrom(...'abcXYZ019-_~');
    const spelt = fc.array(fc.tuple(character, fc.constantFrom('raw', 'lower', 'upper')), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(spelt, (letters) => {
        const raw = letters
          .map(([letter, how]) => (how === 'raw' ? letter : escaped(letter, how === 'upper')))
          .join('');
        expect(canonicalPath(`/${raw}`, 'deny')).toEqual({
          path: `/${letters.map(([letter]) => letter).join('')}`,
        });
      }),
    );
  });

  it('agrees with a reader that looks at one character after the other', () => {
    fc.assert(
      fc.property(rawTarget, pathParams, (raw, params) => {
        expect(canonicalPath(raw, params).path ?? null).toBe(naivePath(raw, params));
      }),
      { numRuns: 10_000 },
    );
  });

  it('is decided in time linear in the length, however the path is made', () => {
    const started = performance.now();
    for (const part of ['a', '/a', '/.a', '%61', '/%2e.', '.', '%25', '/a;', '~/', '%c3%a9']) {
      for (const end of ['', '\\', '%', '/..', '%00'])
        canonicalPath(`/${part.repeat(100_000)}${end}`, 'deny');
    }
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('the length of a path', () => {
  const ofLength = (length: number): string => `/${'a'.repeat(length - 1)}`;

  it('4 KiB are served, one byte more is 414', () => {
    expect(ask(ofLength(MAX_PATH_LENGTH)).ok).toBe(true);
    expect(ask(ofLength(MAX_PATH_LENGTH + 1))).toEqual({ ok: false, refusal: { reason: 'target_too_long' } });
  });

  it('is counted as sent, before decoding', () => {
    expect(ask(`/${'%61'.repeat(1366)}`)).toEqual({ ok: false, refusal: { reason: 'target_too_long' } });
  });

  it('the query does not count', () => {
    expect(ask(`/a?${'q'.repeat(5000)}`).ok).toBe(true);
  });
});

describe('PATH-04: the query is no part of the path', () => {
  it.each([
    ['/a?b', '/a', '?b'],
    ['/a?', '/a', '?'],
    ['/a?b?c=/../d', '/a', '?b?c=/../d'],
    ['/a?x=%2e%2E%zz&y=é'.replace('é', '%c3%a9'), '/a', '?x=%2e%2E%zz&y=%c3%a9'],
    ['?x=/y', '/', '?x=/y'],
    ['', '/', ''],
    ['/public?/admin', '/public', '?/admin'],
  ])('%s is cut at the first question mark and carried along as it is', (raw, path, query) => {
    expect(ask(raw)).toEqual({
      ok: true,
      value: { host: HOST, protocol: 'http', method: 'GET', path, query },
    });
  });

  it('an encoded question mark stays in the path', () => {
    expect(pathOf('/public%3f/admin')).toBe('/public%3F/admin');
  });

  it.each(['/a?b#c', '/a?access_\ttoken=1', '/a?é', '/a?b c', '/a?b\n'])(
    '%j would be sent on changed: 400',
    (raw) => {
      const detail = 'the query has a character that RFC 3986 wants encoded';
      expect(ask(raw)).toEqual({ ok: false, refusal: { reason: 'path_not_canonical', detail } });
    },
  );
});

describe('PATH-06, PATH-07: the host', () => {
  it.each([HOST, '127.0.0.1:8787', 'API.Acme.TEST', 'api.acme.tesT'])('%s is ours', (host) => {
    expect(ask('/a', 'GET', host).ok).toBe(true);
  });

  it.each([
    'evil.test',
    'api.acme.test.',
    'api.acme.test:80',
    'api.acme.test:443',
    '127.0.0.1',
    '127.0.0.1:8788',
    'x.api.acme.test',
    'user@api.acme.test',
    'api.acme.test@evil.test',
    'api.acme.test\\@evil.test',
    'api.acme.test\\',
    'api.ac\u{212a}me.test',
    ' api.acme.test',
    '',
  ])('%j is 421', (host) => {
    expect(ask('/a', 'GET', host)).toEqual({ ok: false, refusal: { reason: 'host_unknown' } });
  });

  it('letters that only look alike when lower-cased are another host', () => {
    const rules = { hosts: new Set(['kick.test']), pathParams: 'deny' } as const;
    for (const host of ['\u{212a}ick.test', '\u{212a}ICK.test', 'KIC\u{212a}.test', 'kic\u{212a}.TEST'])
      expect(target(`http://${host}/`, 'GET', rules).ok).toBe(false);
    expect(target('http://KICK.test/', 'GET', rules).ok).toBe(true);
  });

  it.each([
    [null, true],
    ['', true],
    [HOST, true],
    ['127.0.0.1:8787', true],
    [`${HOST}/`, false],
    [`${HOST}/admin`, false],
    [`${HOST}?`, false],
    ['/', false],
  ])('a Host of %j is a host and nothing else: %s', (host, isAlone) => {
    expect(isHostAlone({ get: (name: string) => (name === 'host' ? host : null) } as Headers)).toBe(isAlone);
  });

  it.each(['http', 'https'] as const)('is asked by %s', (protocol) => {
    expect(target(`${protocol}://${HOST}/`, 'GET', RULES)).toMatchObject({ ok: true, value: { protocol } });
  });

  it('is cut off before the path, the query or the end', () => {
    expect(sliceUrl('https://h:1/p/q?r')).toEqual({ host: 'h:1', path: '/p/q', query: '?r' });
    expect(sliceUrl('https://h?r=/x')).toEqual({ host: 'h', path: '/', query: '?r=/x' });
    expect(sliceUrl('https://h')).toEqual({ host: 'h', path: '/', query: '' });
    expect(sliceUrl('https://h//x')).toEqual({ host: 'h', path: '//x', query: '' });
  });
});

describe('PATH-08: the method', () => {
  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s exists', (method) => {
    expect(ask('/a', method)).toMatchObject({ ok: true, value: { method } });
  });

  it.each(['TRACE', 'CONNECT', 'PURGE', 'get', 'Get', '', 'constructor', 'GET '])('%j is 405', (method) => {
    const allow = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
    expect(ask('/a', method)).toEqual({ ok: false, refusal: { reason: 'method_unknown', allow } });
  });
});

it('refusals come in the order 421, 400, 414, 405', () => {
  const long = 'a'.repeat(5000);
  const reason = (raw: string, host: string): string => {
    const found = ask(raw, 'TRACE', host);
    return found.ok ? 'none' : found.refusal.reason;
  };
  expect(reason(`/${long}//`, 'evil.test')).toBe('host_unknown');
  expect(reason(`/${long}//`, HOST)).toBe('path_not_canonical');
  expect(reason(`/${long}`, HOST)).toBe('target_too_long');
  expect(reason('/a', HOST)).toBe('method_unknown');
});

describe('CRED-07: a credential in the query', () => {
  const reasonOf = (query: string, credentialed = true) =>
    queryRefusal(query, QUERY_RULES, credentialed)?.reason ?? null;

  it.each([
    '?access_token=x',
    '?a=b&api_key=x',
    '?apikey',
    '?apikey=',
    '?Access_Token=x',
    '?APIKEY=x',
    '?access%5Ftoken=x',
    '?%61ccess_token=x',
    '?access.token=x',
    '?access-token=x',
    '?access+token=x',
    '?+access_token=x',
    '?%20access_token=x',
    '?access_token[]=x',
    '?access_token%5B0%5D=x',
    '?a=b;access_token=x',
    '?&&access_token=x',
    '?a=1&a=2&api_key=3&api_key=4',
  ])('%s is refused on every route', (query) => {
    expect(reasonOf(query, true)).toBe('credential_in_query');
    expect(reasonOf(query, false)).toBe('credential_in_query');
  });

  it.each([
    '',
    '?',
    '?page_token=x',
    '?q=access_token',
    '?q=api_key=x',
    '?my_access_token=x',
    '?access_tokens=x',
    '?constructor=1',
    '?__proto__=1',
    '?%zz=1',
    '?%2561pikey=1',
  ])('%j is let through', (query) => {
    expect(reasonOf(query)).toBeNull();
  });

  it('the refusal does not say the value', () => {
    expect(JSON.stringify(queryRefusal('?access_token=planted', QUERY_RULES, true))).not.toContain('planted');
  });

  it('HDR-07: _method is refused where the origin is told who calls, and nowhere else', () => {
    for (const query of ['?_method=DELETE', '?a&_METHOD=PUT', '?%5fmethod=PUT', '?.method=PUT']) {
      expect(queryRefusal(query, QUERY_RULES, true)).toEqual({
        reason: 'path_not_canonical',
        detail: 'the query has a parameter that some origins take for the method',
      });
      expect(reasonOf(query, false)).toBeNull();
    }
    expect(reasonOf('?method=x&payment_method=card')).toBeNull();
  });

  it('a folded name folds to itself', () => {
    fc.assert(fc.property(fc.string(), (name) => foldName(foldName(name)) === foldName(name)));
  });
});

const decodedToTheEnd = (path: string): string => {
  let text = path;
  for (let i = 0; i < 5; i++) {
    text = text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 16)),
    );
  }
  return text;
};

const escaped = (letter: string, upper: boolean): string => {
  const digits = letter.charCodeAt(0).toString(16);
  return `%${upper ? digits.toUpperCase() : digits}`;
};

/** The same rules once more, one character at a time and without a regular expression for the path. */
const naivePath = (raw: string, params: 'deny' | 'allow'): string | null => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const unreserved = `${letters}-._~`;
  const allowed = `${unreserved}!$&'()*+,=:@/${params === 'allow' ? ';' : ''}`;
  const hex = '0123456789ABCDEF';
  if (raw.charAt(0) !== '/') return null;
  let out = '';
  const bytes: number[] = [];
  for (let i = 0; i < raw.length; i++) {
    const character = raw.charAt(i);
    if (character !== '%') {
      if (!allowed.includes(character)) return null;
      out += character;
      bytes.push(character.charCodeAt(0));
      continue;
    }
    const digits = raw.slice(i + 1, i + 3).toUpperCase();
    if (digits.length !== 2 || [...digits].some((digit) => !hex.includes(digit))) return null;
    const byte = Number.parseInt(digits, 16);
    if (byte < 0x20 || byte === 0x7f || byte === 0x2f || byte === 0x5c) return null;
    const decoded = String.fromCharCode(byte);
    out += unreserved.includes(decoded) ? decoded : `%${digits}`;
    bytes.push(byte);
    i += 2;
  }
  try {
    new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(new Uint8Array(bytes));
  } catch {
    return null;
  }
  const afterPercent = out.split('%25').slice(1);
  if (
    afterPercent.some(
      (rest) => rest.length > 1 && [...rest.slice(0, 2)].every((d) => hex.includes(d.toUpperCase())),
    )
  ) {
    return null;
  }
  const segments = out.split('/').slice(1);
  const names = segments.map((segment) => segment.split(';')[0]?.split('%3B')[0] ?? '');
  if (names.some((name, i) => name === '' && (i < segments.length - 1 || segments[i] !== ''))) return null;
  return names.some((name) => name === '.' || name === '..') ? null : out;
};
