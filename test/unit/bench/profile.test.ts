import { describe, expect, it } from 'vitest';
import { readOptions } from '../../../bench/profile/options.ts';
import { byFunction, byPlace, profileText, stacksOf } from '../../../bench/profile/stacks.ts';

/** As `perf script -F ip,sym,symoff,dso` prints them: three moments of one function, one of the kernel, one of the collector. */
const PRINTED = `
	    55c3cd3e934c JS:+repeat worker.js:5939:37+0x40c (/tmp/perf-1.map)
	    55c3cd3f0db6 JS:*'forward worker.js:5874:39+0x2f6 (/tmp/perf-1.map)
	         3f2d89c Builtins_JSEntryTrampoline+0x5c (/bin/workerd)

	         2725cc6 workerd::api::Headers::get+0x46 (/bin/workerd)
	         3f321da Builtins_CallApiCallbackOptimized+0x5a (/bin/workerd)
	    55c3cd3f0db6 JS:*forward worker.js:5874:39+0x2f6 (/tmp/perf-1.map)

	         3f321da std::string::append+0x5a (/bin/workerd)
	    55c3cd3f0db6 JS:*' worker.js:12:39+0x2f6 (/tmp/perf-1.map)
	    55c3cd3f0db6 JS:*forward worker.js:5874:39+0x2f6 (/tmp/perf-1.map)

	ffffffff81234567 tcp_sendmsg+0x5a ([kernel.kallsyms])
	         5fb4c09 kj::AsyncStreamFd::write+0x19 (/bin/workerd)

	         4a8b0c1 cppgc::internal::Sweeper+0x19 (/bin/workerd)
	    55c3cd3f0db6 JS:*forward worker.js:5874:39+0x2f6 (/tmp/perf-1.map)
`;

describe('a profile', () => {
  const stacks = stacksOf(PRINTED);

  it('books each moment at one place', () => {
    expect(new Map(byPlace(stacks))).toEqual(
      new Map([
        ['JavaScript: compiled', 0.4],
        ['Headers, in the runtime', 0.2],
        ['the kernel: network', 0.2],
        ['garbage collection', 0.2],
      ]),
    );
  });

  it('counts a function with what it calls, once for each moment', () => {
    expect(byFunction(stacks)).toEqual([
      ['forward', 0.8],
      ['repeat', 0.2],
    ]);
  });

  it('is told in shares and microseconds', () => {
    expect(profileText(stacks, 200)).toContain('| forward | 80.0 % | 160.0 |');
  });

  it('of nothing is empty', () => {
    expect([byPlace(stacksOf('')), byFunction(stacksOf('\n'))]).toEqual([[], []]);
  });
});

it.each([
  [[], { credential: 'key', seconds: 10, help: false }],
  [['--credential', 'token', '--seconds', '3'], { credential: 'token', seconds: 3, help: false }],
  [['--credential', 'x'], '--credential must be key, token or none.'],
  [['--seconds', '0'], '--seconds must be a whole number from 1 to 999.'],
])('its options: %j', (args, expected) => {
  expect(readOptions(args)).toEqual(expected);
});

it('an option that is not there is told', () => {
  expect(readOptions(['--nothing'])).toContain('--nothing');
});
