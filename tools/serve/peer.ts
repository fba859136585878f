import { type AddressRange, addressIn } from '../../src/model/address.ts';

/** Who is at the other end of a request's connection, as workerd says it: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
export const peerOf = (cf: unknown): string | null => {
  const { clientIp } = (cf ?? {}) as { readonly clientIp?: unknown };
  const [, bracketed, plain] = typeof clientIp === 'string' ? (PEER.exec(clientIp) ?? []) : [];
  return bracketed ?? plain ?? null;
};

const PEER = /^(?:\[([^\]]+)\]|([^:]+)):\d+$/;

/** What a request says of where it comes from, in the one header that the Worker reads it from. */
export interface Addressed {
  /** Whether it is one of ours that says it, or nobody is asked. */
  readonly isHeard: boolean;
  /** What the header has to say; null: what it says already is believed. */
  readonly address: string | null;
}

/**
 * Judges a request by its peer. Without proxies, the peer is the client. With proxies, they alone are heard, and they say
 * who the client is; anybody else could say anything.
 */
export const addressed = (peer: string | null, proxies: readonly AddressRange[] | null): Addressed =>
  proxies === null
    ? { isHeard: peer !== null, address: peer }
    : { isHeard: addressIn(peer, proxies), address: null };
