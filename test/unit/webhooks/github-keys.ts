import { generateKeyPairSync, sign } from 'node:crypto';
import type { GithubKeys } from '../../../src/webhooks/github.ts';

/**
 * The message in GitHub's documentation, with the test key that it was signed with (docs.github.com, "Secret scanning
 * partner program", 2022).
 */
export const DOCUMENTED = {
  keyId: 'f9525bf080f75b3506ca1ead061add62b8633a346606dc5fe544e29231c6ee0d',
  pem: [
    '-----BEGIN PUBLIC KEY-----',
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEsz9ugWDj5jK5ELBK42ynytbo38gP',
    'HzZFI03Exwz8Lh/tCfL3YxwMdLjB+bMznsanlhK0RwcGP3IDb34kQDIo3Q==',
    '-----END PUBLIC KEY-----',
    '',
  ].join('\n'),
  body: '[{"token":"some_token","type":"some_type","url":"some_url","source":"some_source"}]',
  signature:
    'MEUCIFLZzeK++IhS+y276SRk2Pe5LfDrfvTXu6iwKKcFGCrvAiEAhHN2kDOhy2I6eGkOFmxNkOJ+L2y8oQ9A2T9GGJo6WJY=',
} as const;

/** A key of GitHub's, as it signs and as it publishes it. */
export const githubKey = (keyId: string, curve = 'P-256') => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const pem = String(publicKey.export({ type: 'spki', format: 'pem' }));
  return {
    keyId,
    published: { key_identifier: keyId, key: pem, is_current: true },
    sign: (body: string): string => sign('sha256', Buffer.from(body), privateKey).toString('base64'),
  };
};

export const githubHeaders = (keyId: string, signature: string): Headers =>
  new Headers({ 'github-public-key-identifier': keyId, 'github-public-key-signature': signature });

/** What became of asking for a key, in a word. */
export const found = async (keys: GithubKeys, keyId: string): Promise<string> => {
  const key = await keys(keyId);
  return typeof key === 'string' ? key : 'key';
};
