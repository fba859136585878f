import { equalInConstantTime } from '../model/bytes.ts';

/**
 * Whether a form was sent by a page of ours. Browsers say it in `Sec-Fetch-Site`, which no script can set (Fetch Metadata,
 * W3C); the few that do not, in `Origin`. Who says neither is not believed (WEB-01).
 */
export const isFromHere = (headers: Headers, deskUrl: string): boolean => {
  const site = headers.get('sec-fetch-site');
  return site === null ? headers.get('origin') === deskUrl : site === 'same-origin';
};

/** Whether a form carries the token of the session that it is sent in. */
export const isOfSession = (
  form: ReadonlyMap<string, string>,
  { csrf }: { readonly csrf: string },
): boolean => equalInConstantTime(form.get('csrf') ?? '', csrf);
