import { DurableObject } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import * as production from '../../src/worker.ts';

describe('ORG-10 › other Workers of the account', () => {
  it('find what the internet finds, and no entry point besides', () => {
    const { default: door, ...classes } = production;
    // The schedule is the platform's own to call.
    expect(Object.keys(door)).toEqual(['fetch', 'scheduled']);
    // A binding to a Durable Object class has to be written into the other Worker, by who may deploy here as well.
    expect(Object.keys(classes).sort()).toEqual(['KeyRing', 'Lobby']);
    for (const each of Object.values(classes)) expect(each.prototype).toBeInstanceOf(DurableObject);
  });
});
