import * as z from '../../model/zod.ts';
import { CLIENT_FIELDS } from './client.ts';

/** The form of whoever asks about a token, or wants it ended (RFC 7662 §2.1, RFC 7009 §2.1). */
export const presentedTokenForm = (id: string, token: string) =>
  z
    .object({
      ...CLIENT_FIELDS,
      token: z.optional(z.string()).check(z.meta({ description: `Required. ${token}` })),
      token_type_hint: z
        .optional(z.string())
        .check(z.meta({ description: 'Read by nobody: a token says what it is' })),
    })
    .check(z.meta({ id, examples: [{ token: `acme_live_${'0'.repeat(28)}_${'0'.repeat(61)}` }] }));
