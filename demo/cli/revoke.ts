import { type Configuration, tokenRevocation } from 'openid-client';
import { explain } from './explain.ts';
import { done, failed, type Outcome } from './outcome.ts';

/** Ends a key (RFC 7009): what is presented is all that it takes. */
export const revoke = async (config: Configuration, key: string): Promise<Outcome<null>> => {
  try {
    await tokenRevocation(config, key);
    return done(null);
  } catch (error) {
    return failed(explain(error));
  }
};
