import type { Author } from '../model/author.ts';

/** Where a request comes from, as the audit trail writes it down. */
export const sourceOf = ({
  request,
  requestId,
}: {
  readonly request: Request;
  readonly requestId: string;
}): Pick<Author, 'address' | 'country' | 'requestId'> => {
  const { headers, cf } = request as Request & { readonly cf?: { readonly country?: string } };
  return { address: headers.get('cf-connecting-ip'), country: cf?.country ?? null, requestId };
};
