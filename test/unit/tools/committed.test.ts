import { describe, expect, test } from 'vitest';
import { traces } from '../../../tools/check/committed.ts';

/** Put together here, so that this file holds none of them itself. */
const path = (...parts: readonly string[]): string => ['', ...parts].join('/');

describe('traces', () => {
  test.each([
    ['a path of one machine', `see ${path('work', 'main')}`],
    ['a path of one machine', `"${path('root', '.npmrc')}"`],
    ['a path of one machine', `cd ${path('home', 'ada', 'latchkey')}`],
    ['a path of one machine', `file://${path('Users', 'ada', 'latchkey')}`],
    ['a secret of Stytch', `secret-${'live'}-${'A'.repeat(64)}=`],
  ])('%s is found: %s', (what, text) => {
    expect(traces('docs/a.md', `first\n${text}`)).toEqual([`docs/a.md:2 holds ${what}`]);
  });

  test.each(['GET /v1/work/items', "{ path: '/work/**', auth: 'none' }", 'https://example.com/home/ada/'])(
    '%s is nothing',
    (text) => {
      expect(traces('docs/a.md', text)).toEqual([]);
    },
  );
});
