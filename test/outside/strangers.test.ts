import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { base64, bearer, type Caller, type Edge, get, refusal, startEdge } from './edge.ts';

/** Anonymous requests of an address in this file's day. */
const LIMIT = 3;

let edge: Edge;
let me: Caller;

beforeAll(async () => {
  edge = await startEdge(LIMIT);
  me = await edge.newCaller();
});
afterAll(() => edge.stop());

const from = (address: string): string => `CF-Connecting-IP: ${address}`;

describe('RL-07 › strangers, over sockets and by the binding', () => {
  test('spend the limit of their /64 however they spell it, and nobody else’s', async () => {
    for (const address of ['2001:db8::1', '2001:DB8:0:0::2', '2001:db8:0000::ffff:1'])
      expect((await edge.send(get('/public/a', from(address)))).statuses).toEqual([200]);
    for (const target of ['/public/a', '/optional/a'])
      expect(await edge.send(get(target, from('2001:db8::dead:beef')))).toMatchObject(
        refusal(429, 'address_limited'),
      );
    expect((await edge.send(get('/public/a', from('2001:db8:0:1::1')))).statuses).toEqual([200]);
  });

  test('without an address, or with one that is none, share one limit', async () => {
    const lines = [[], [from('nonsense')], [from('203.0.113.7, 203.0.113.8')], []];
    const statuses = [];
    for (const each of lines) statuses.push((await edge.send(get('/public/a', ...each))).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  test('gain nothing by headers that claim another address', async () => {
    const claims = (i: number) =>
      ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'True-Client-IP', 'CF-Connecting-IPv6'].map(
        (name) => `${name}: 203.0.113.${i}`,
      );
    const statuses = [];
    for (let i = 0; i <= LIMIT; i++)
      statuses.push((await edge.send(get('/public/a', from('192.0.2.1'), ...claims(i)))).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  test('do not hinder a key, new here or known, from their own address', async () => {
    const there = from('198.51.100.1');
    for (let i = 0; i <= LIMIT; i++) await edge.send(get('/public/a', there));
    expect((await edge.send(get('/public/a', there))).statuses).toEqual([429]);
    const pair = base64(`${me.keyId}:${me.key.slice(me.keyId.length + 1)}`);
    for (const credential of [bearer(me), `X-API-Key: ${me.key}`, `Authorization: Basic ${pair}`, bearer(me)])
      expect((await edge.send(get('/optional/a', there, credential))).statuses).toEqual([200]);
    expect(await edge.send(get('/public/a', there, bearer(me)))).toMatchObject(
      refusal(429, 'address_limited'),
    );
  });
});
