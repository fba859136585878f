import type { Call } from './endpoint.ts';
import type { OAuthRefusal } from './result.ts';

/** A refusal in the shape of RFC 6749 §5.2, its status by the switch where it blames the client. */
export const refuseToken = ({ switches }: Call, error: string, description: string): OAuthRefusal => {
  const blamesClient = ['invalid_client', 'unauthorized_client', 'invalid_grant'].includes(error);
  const status = blamesClient ? switches.tokenErrorStatus : 400;
  return {
    ...{ kind: 'oauth', error, status, description },
    challenge: status === 401 && switches.tokenChallenge === 'basic',
  };
};
