import { describe, expect, it } from 'vitest';
import { lobbyName } from '../../../src/ring/lobby-name.ts';

describe('the Lobby of a client', () => {
  it('is the same today and tomorrow: what was written down there must be found again', () => {
    expect(lobbyName('123456789')).toBe('lobby-38');
    expect(lobbyName('m2m-client-test-11111111-1111-4111-8111-111111111111')).toBe('lobby-12');
    expect(lobbyName('')).toBe('lobby-00');
  });

  it('is one of 64, and each has its share', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 64_000; i++) {
      const name = lobbyName(`m2m-client-test-${i}`);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    const expected = Array.from({ length: 64 }, (_, i) => `lobby-${String(i).padStart(2, '0')}`);
    expect([...counts.keys()].sort()).toEqual(expected);
    expect(Math.min(...counts.values())).toBeGreaterThan(800);
    expect(Math.max(...counts.values())).toBeLessThan(1_200);
  });
});
