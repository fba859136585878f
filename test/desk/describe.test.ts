import { describe, expect, it } from 'vitest';
import { DOCS_STYLE } from '../../src/desk/docs/style.ts';
import { API, DESK, desk, isolate, refusalOf, send, signIn } from '../world.ts';

const DESCRIPTIONS = [
  ['/openapi.json', 'application/json'],
  ['/docs', 'text/html; charset=utf-8'],
  ['/docs.css', 'text/css; charset=utf-8'],
] as const;

describe.each(DESCRIPTIONS)('GET %s', (path, type) => {
  it('is open to everybody, may be kept for five minutes, and is what it says it is', async () => {
    const answer = await send(`${DESK}${path}`);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': type,
      'cache-control': 'public, max-age=300',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    expect((await answer.text()).length).toBeGreaterThan(1_000);
  });

  it('is the same for everybody, whatever he presents, and costs nothing but its making', async () => {
    const here = isolate();
    const plain = await (await here.fetch(`${DESK}${path}`)).text();
    for (const credential of [await signIn(), 'nonsense'])
      expect(await (await here.desk(credential, 'GET', path)).text()).toBe(plain);
    expect(here.calls).toEqual([]);
  });

  it('is the Desk’s alone, and only to be read', async () => {
    expect((await send(`${API}${path}`)).status).toBe(404);
    const refused = await send(`${DESK}${path}`, { method: 'POST' });
    expect([refused.headers.get('allow'), (await refusalOf(refused)).code]).toEqual([
      'GET',
      'method_not_allowed',
    ]);
  });

  it('lets no page of another origin read it', async () => {
    const answer = await send(`${DESK}${path}`, { headers: { origin: 'https://evil.test' } });
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

describe('GET /openapi.json', () => {
  it('is an OpenAPI document of this Desk, with what one who has just come must know', async () => {
    const document = (await (await send(`${DESK}/openapi.json`)).json()) as Record<string, object>;
    expect(document).toMatchObject({ openapi: '3.1.1', servers: [{ url: DESK }] });
    expect(Object.keys(document.paths ?? {})).toEqual(
      expect.arrayContaining(['/v1/keys', '/v1/organization/keys', '/v1/users/{user_id}/keys', '/docs']),
    );
  });
});

describe('GET /docs', () => {
  it('may load its own style and nothing else, and stands in no frame', async () => {
    const answer = await send(`${DESK}/docs`);
    expect(answer.headers.get('content-security-policy')).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(await answer.text()).toContain('<link rel="stylesheet" href="/docs.css">');
  });

  it('has a style that asks nobody for anything', async () => {
    const style = await (await send(`${DESK}/docs.css`)).text();
    expect(style).toBe(DOCS_STYLE);
    expect(style).not.toMatch(/url\(|@import|https?:|\/\//);
    expect(style).toContain('@media (prefers-color-scheme: dark)');
  });

  it('says nothing of what a caller sends', async () => {
    const answer = await desk(await signIn(), 'GET', '/docs?<script>alert(1)</script>');
    expect(await answer.text()).not.toContain('<script>');
  });
});
