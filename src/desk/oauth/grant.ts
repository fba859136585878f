import type { Reason, Result } from '../../model/refusal.ts';
import * as z from '../../model/zod.ts';
import type { Call } from '../ports.ts';
import { CLIENT_FIELDS, type PresentedClient } from './client.ts';
import { DEVICE_CODE_GRANT } from './metadata.ts';

/** The form of every grant (RFC 6749 §4.4.2, RFC 8628 §3.4). */
export const tokenForm = z
  .object({
    ...CLIENT_FIELDS,
    grant_type: z
      .optional(z.string())
      .check(z.meta({ description: `Required. \`client_credentials\` or \`${DEVICE_CODE_GRANT}\`` })),
    scope: z.optional(z.string()).check(
      z.meta({
        description:
          'Scope-tokens, separated by one space each; absent for all of the client. Not of a device',
      }),
    ),
    device_code: z
      .optional(z.string())
      .check(z.meta({ description: 'Of a device, with its `client_id` and no secret' })),
  })
  .check(
    z.meta({ id: 'TokenRequest', examples: [{ grant_type: 'client_credentials', scope: 'items:read' }] }),
  );

/** What a grant is asked with: its client has presented itself, and is not authenticated yet. */
export interface TokenRequest {
  readonly form: z.output<typeof tokenForm>;
  readonly client: Exclude<PresentedClient, { readonly kind: 'bearer' }>;
  readonly request: Request;
  readonly call: Call;
}

/** What a grant gives. */
export interface TokenAnswer {
  readonly accessToken: string;
  /** Null for what does not end by itself, or not soon. */
  readonly expiresInSeconds: number | null;
  readonly scopes: readonly string[];
  /** Of an API key; absent for a token of Stytch's. */
  readonly keyId?: string;
}

/** One way to a token, and the reasons of its own for a refusal. */
export interface Grant {
  readonly refusals: readonly Reason[];
  readonly handle: (asked: TokenRequest) => Promise<Result<TokenAnswer>>;
}
