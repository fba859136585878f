import { inspect } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { secret } from '../../../src/model/secret.ts';

const VALUE = 'acme_test_the_whole_key';
const hidden = secret(VALUE);

describe('a secret', () => {
  it('is told to who asks for it by name', () => {
    expect(hidden.reveal()).toBe(VALUE);
  });

  it.each([
    ['JSON', () => JSON.stringify({ hidden, list: [hidden] })],
    ['String()', () => String(hidden)],
    ['a template', () => `${hidden}`],
    ['addition', () => `${''}${hidden}`],
    ['an Error', () => new Error(String(hidden)).stack],
    ['util.inspect', () => inspect(hidden, { showHidden: true, depth: 9 })],
    ['util.inspect of what holds it', () => inspect({ credential: { key: hidden } }, { depth: 9 })],
    [
      'its members',
      () => JSON.stringify(Object.entries(hidden).map(([name, value]) => [name, String(value)])),
    ],
    ['a copy', () => JSON.stringify({ ...hidden })],
    ['sorting', () => [hidden, 'a'].sort().join()],
  ])('is not shown by %s', (_, print) => {
    expect(print()).not.toContain(VALUE);
  });

  it.each([
    ['JSON', () => JSON.parse(JSON.stringify(hidden)) as unknown],
    ['String()', () => String(hidden)],
    ['util.inspect', () => inspect(hidden)],
  ])('says that it is one, in %s', (_, print) => {
    expect(print()).toBe('[secret]');
  });

  it('is not shown on the console', () => {
    const written: string[] = [];
    const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
      written.push(String(chunk));
      return true;
    });
    const log = vi
      .spyOn(console, 'log')
      .mockImplementation((...values) => void written.push(inspect(values)));
    console.log(hidden, { hidden });
    log.mockRestore();
    write.mockRestore();
    expect(written.join()).not.toContain(VALUE);
  });

  it('cannot be sent to another isolate by accident', () => {
    expect(() => structuredClone(hidden)).toThrow();
  });
});
