import { describe, expect, it } from 'vitest';
import { type Credential, kindOf } from '../../../src/model/credential.ts';
import { secret } from '../../../src/model/secret.ts';

const key = secret('acme_test_x');

describe('what a credential is called in the log', () => {
  const all: readonly (readonly [Credential, string])[] = [
    [{ kind: 'none' }, 'none'],
    [{ kind: 'unsupported' }, 'unsupported'],
    [{ kind: 'key', auth: 'api_key', scheme: 'x-api-key', key }, 'api_key'],
    [{ kind: 'key', auth: 'client_credentials', scheme: 'basic', key }, 'client_credentials'],
    [{ kind: 'jwt', scheme: 'bearer', jwt: key }, 'jwt'],
    [{ kind: 'pair', scheme: 'basic', clientId: 'm2m-client-test-1', clientSecret: key }, 'pair'],
    [{ kind: 'unknown', scheme: 'bearer' }, 'unknown'],
  ];

  it.each(all)('%j is %s', (credential, name) => {
    expect(kindOf(credential)).toBe(name);
  });
});
