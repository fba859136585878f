import { invalid } from '../../http/form.ts';
import type { Credential, KeyCredential, PairCredential } from '../../model/credential.ts';
import { CREDENTIAL_KINDS } from '../../model/policy.ts';
import {
  type ClientFault,
  type ClientScheme,
  err,
  ok,
  type Refusal,
  type Result,
} from '../../model/refusal.ts';
import * as z from '../../model/zod.ts';
import type { Call, DeskPorts } from '../ports.ts';

/** The longest client_id and client_secret that are looked at, in characters. */
const MAX_CLIENT_ID = 256;
const MAX_CLIENT_SECRET = 1_024;

const NOT_TAKEN = 'Not taken here: clients have secrets';

/** What a client says of itself in a form (RFC 6749 §2.3.1); of assertions (RFC 7521 §4.2), only that there is one. */
export const CLIENT_FIELDS = {
  client_id: z.optional(z.string().check(z.maxLength(MAX_CLIENT_ID, 'is too long'))),
  client_secret: z.optional(z.string().check(z.maxLength(MAX_CLIENT_SECRET, 'is too long'))),
  client_assertion: z.optional(z.string()).check(z.meta({ description: NOT_TAKEN })),
  client_assertion_type: z.optional(z.string()).check(z.meta({ description: NOT_TAKEN })),
};

export type ClientFields = z.output<z.ZodMiniObject<typeof CLIENT_FIELDS>>;

/** A client_id and its client_secret: of a key of ours, or of a client made elsewhere. */
type PairOfClient = KeyCredential | PairCredential;

/** A client as it presents itself, unchecked. */
export type PresentedClient =
  | {
      /** With its secret. */
      readonly kind: 'confidential';
      readonly clientId: string;
      readonly credential: PairOfClient;
      /** How a refusal is told: by a challenge only where it came in the header. */
      readonly scheme: ClientScheme | null;
    }
  /** Without any: nobody proves that it is this client (RFC 6749 §2.1). */
  | { readonly kind: 'public'; readonly clientId: string }
  /** By what it presents elsewhere too (RFC 7662 §2.1). */
  | { readonly kind: 'bearer'; readonly credential: Credential };

type ClientPorts = Pick<DeskPorts, 'extract' | 'pairOf'>;

/** How a client authenticates: in exactly one way (RFC 6749 §2.3). */
export const presentedClient = (
  ports: ClientPorts,
  headers: Headers,
  form: ClientFields,
): Result<PresentedClient> => {
  const extracted = ports.extract(headers);
  if (!extracted.ok) return invalid(extracted.refusal.detail);
  const credential = extracted.value;
  const asserts = form.client_assertion !== undefined || form.client_assertion_type !== undefined;
  const ways = [credential.kind !== 'none', form.client_secret !== undefined, asserts];
  if (ways.filter((is) => is).length > 1) return invalid('the client authenticates in two ways');
  if (asserts) return unauthenticated('method', null);
  if (credential.kind === 'none') return fromForm(ports, form);
  if (credential.kind === 'unsupported') return unauthenticated('scheme', 'other');
  if (credential.scheme === 'basic') return fromBasic(credential, form);
  return ok({ kind: 'bearer', credential });
};

const fromForm = (
  ports: ClientPorts,
  { client_id: clientId, client_secret: clientSecret }: ClientFields,
): Result<PresentedClient> => {
  if (clientId === undefined) return unauthenticated('missing', null);
  if (clientSecret === undefined) return ok({ kind: 'public', clientId });
  const credential = ports.pairOf(clientId, clientSecret);
  return isPair(credential)
    ? ok({ kind: 'confidential', clientId, credential, scheme: null })
    : unauthenticated('grammar', null);
};

const fromBasic = (credential: Credential, { client_id: named }: ClientFields): Result<PresentedClient> => {
  if (!isPair(credential)) return unauthenticated('grammar', 'basic');
  const clientId = clientIdOf(credential);
  if (named !== undefined && named !== clientId)
    return invalid('client_id is not the client that authenticates');
  return ok({ kind: 'confidential', clientId, credential, scheme: 'basic' });
};

const isPair = (credential: Credential): credential is PairOfClient =>
  credential.kind === 'key' || credential.kind === 'pair';

/** The id that a pair names. */
const clientIdOf = (credential: PairOfClient): string => {
  if (credential.kind === 'pair') return credential.clientId;
  const key = credential.key.reveal();
  return key.slice(0, key.lastIndexOf('_'));
};

const unauthenticated = (because: ClientFault, scheme: ClientScheme | null): Result<never> =>
  err({ reason: 'client_invalid', because, scheme });

/** The client that it is, if its pair is good: the same decision as at the Gate. */
export const authenticate = async (
  ports: Pick<DeskPorts, 'identify'>,
  { credential, clientId, scheme }: Extract<PresentedClient, { readonly kind: 'confidential' }>,
  request: Request,
  call: Call,
): Promise<Result<string>> => {
  const asked = { kinds: CREDENTIAL_KINDS, maxAuthAgeSeconds: null };
  const caller = await ports.identify(credential, asked, call.trace, request);
  if (!caller.ok) return err(asClient(caller.refusal, scheme));
  return caller.value.evidence === null ? unauthenticated('unknown', scheme) : ok(clientId);
};

/** What the Gate would refuse a request for, as RFC 6749 §5.2 says it of a client. What cannot be told stays what it is. */
export const asClient = (refusal: Refusal, scheme: ClientScheme | null): Refusal => {
  switch (refusal.reason) {
    case 'credential_invalid':
      return { reason: 'client_invalid', because: refusal.because, scheme };
    case 'owner_suspended':
      return { reason: 'client_unauthorized', detail: 'the owner of this client is suspended' };
    case 'address_not_allowed':
      return { reason: 'client_unauthorized', detail: 'this client may not be used from this address' };
    default:
      return refusal;
  }
};
