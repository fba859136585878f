import { DESK, type Isolate, rooms } from './world.ts';

/** A GitHub that signs, as far as secret scanning does. WebCrypto: workerd makes no keys by `node:crypto`. */
export interface Signer {
  readonly keyId: string;
  readonly pem: string;
  readonly sign: (body: string) => Promise<string>;
}

export const githubSigner = async (keyId = 'key-of-github-1'): Promise<Signer> => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const pair = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const spki = new Uint8Array((await crypto.subtle.exportKey('spki', pair.publicKey)) as ArrayBuffer);
  return {
    keyId,
    pem: `-----BEGIN PUBLIC KEY-----\n${base64(spki)}\n-----END PUBLIC KEY-----\n`,
    sign: async (body) => {
      const over = new TextEncoder().encode(body);
      const raw = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, over);
      return base64(der(new Uint8Array(raw)));
    },
  };
};

/** From now on GitHub publishes this key, or answers something else. */
export const githubPublishes = async (...signers: readonly Signer[]): Promise<void> => {
  const keys = signers.map(({ keyId, pem }) => ({ key_identifier: keyId, key: pem, is_current: true }));
  await rooms.GITHUB.always('*', { body: JSON.stringify({ public_keys: keys }) });
};

/** Sends alerts as GitHub does; headers and the body that is signed can be other ones. */
export const githubSends = async (
  here: Isolate,
  signer: Signer,
  alerts: unknown,
  changed: { readonly signed?: string; readonly headers?: Record<string, string | undefined> } = {},
): Promise<Response> => {
  const body = typeof alerts === 'string' ? alerts : JSON.stringify(alerts);
  const all = {
    'content-type': 'application/json',
    'github-public-key-identifier': signer.keyId,
    'github-public-key-signature': await signer.sign(changed.signed ?? body),
    ...changed.headers,
  };
  const headers = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );
  return here.fetch(`${DESK}/webhooks/github-secret-scanning`, { method: 'POST', headers, body });
};

const base64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** ASN.1 DER of the two integers that WebCrypto gives side by side (RFC 3279 §2.2.3). */
const der = (raw: Uint8Array): Uint8Array => {
  const body = [raw.subarray(0, 32), raw.subarray(32)].flatMap((half) => {
    const digits = [...half.subarray(half.findIndex((byte) => byte !== 0))];
    const integer = (digits[0] ?? 0) >= 0x80 ? [0, ...digits] : digits;
    return [0x02, integer.length, ...integer];
  });
  return Uint8Array.from([0x30, body.length, ...body]);
};
