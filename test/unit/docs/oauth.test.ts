import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ResponseObject, referred } from '../../../src/desk/openapi/document.ts';
import { openApiOf } from '../../../src/desk/openapi/index.ts';
import { deskOperations } from '../../../src/desk/operations.ts';
import type { DeskPorts } from '../../../src/desk/ports.ts';

const PAGE = readFileSync('docs/oauth.md', 'utf8');

const deskUrl = 'https://keys.acme.com';
const document = openApiOf(deskOperations({ deskUrl } as DeskPorts), { deskUrl, version: '0' });

/** What the OAuth endpoints may answer besides success: status and errors, as their names in the document list them. */
const refusals = Object.entries(document.paths)
  .filter(([path]) => path.startsWith('/oauth2/'))
  .flatMap(([, item]) => Object.entries(item.post?.responses ?? {}))
  .flatMap(([status, response]) => {
    const { content = {} } = referred<ResponseObject>(document, response);
    const errors = JSON.stringify(content).match(/"error":\{"enum":(\[[^\]]*\])/)?.[1] ?? '[]';
    return (JSON.parse(errors) as readonly string[]).map((error) => `${status} ${error}`);
  });

describe('docs/oauth.md', () => {
  it('has every error of the OAuth endpoints in its table, under its status, and no other', () => {
    const [, table = ''] = PAGE.split('## Errors\n');
    const rows = [...(table.split('\n## ')[0]?.matchAll(/^\| ([\d, ]+) \| ([^|]*) \|/gm) ?? [])];
    const told = rows.flatMap(([, statuses = '', errors = '']) =>
      statuses
        .split(', ')
        .flatMap((status) => [...errors.matchAll(/`(\w+)`/g)].map(([, error]) => `${status} ${error}`)),
    );
    // POST alone is served: what any other method is told stands at no operation.
    expect(told.filter((each) => each !== '405 invalid_request').toSorted()).toEqual(
      [...new Set(refusals)].toSorted(),
    );
  });
});
