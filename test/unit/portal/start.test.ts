import { afterEach, expect, it, vi } from 'vitest';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

it('the pages start without making a format: the first costs more than all else that a Worker does at its start', async () => {
  vi.resetModules();
  const asked: PropertyKey[] = [];
  const watched = new Proxy(Intl, {
    get: (intl, name) => {
      asked.push(name);
      return Reflect.get(intl, name);
    },
  });
  vi.stubGlobal('Intl', watched);
  await import('../../../src/portal/index.ts');
  expect(asked).toEqual([]);
  const { day } = await import('../../../src/portal/say.ts');
  expect([day(0), day(86_400_000), asked]).toEqual(['Jan 1, 1970', 'Jan 2, 1970', ['DateTimeFormat']]);
});
