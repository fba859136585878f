import { describe, expect, test } from 'vitest';
import { addressRanges } from '../../../src/model/address.ts';
import { addressed, peerOf } from '../../../tools/serve/peer.ts';

describe('the peer of a connection', () => {
  test.each([
    ['192.0.2.1:4711', '192.0.2.1'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['[::ffff:192.0.2.1]:4711', '::ffff:192.0.2.1'],
  ])('%s is %s', (clientIp, peer) => {
    expect(peerOf({ clientIp })).toBe(peer);
  });

  test.each([undefined, null, {}, { clientIp: 7 }, { clientIp: '' }, { clientIp: 'unix' }])(
    'who says nothing is nobody: %o',
    (cf) => {
      expect(peerOf(cf)).toBeNull();
    },
  );
});

describe('whose word counts', () => {
  const proxies = addressRanges(['10.0.0.0/8', '::1']);

  test('without proxies the client is who connects, whatever he says', () => {
    expect(addressed('192.0.2.1', null)).toEqual({ isHeard: true, address: '192.0.2.1' });
  });

  test.each(['10.1.2.3', '::ffff:10.1.2.3', '::1'])(
    'a proxy is heard, and what it says is left: %s',
    (peer) => {
      expect(addressed(peer, proxies)).toEqual({ isHeard: true, address: null });
    },
  );

  test.each(['192.0.2.1', '::2', '11.0.0.1', null])('with proxies nobody else is heard: %s', (peer) => {
    expect(addressed(peer, proxies).isHeard).toBe(false);
  });

  test('a peer that is not known is not heard', () => {
    expect(addressed(null, null).isHeard).toBe(false);
  });
});
