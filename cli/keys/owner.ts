import { err, ok, type Result } from '../../src/model/refusal.ts';

const text = { type: 'string' } as const;

/** Whose keys are meant: what every command about them takes. */
export const OWNER_OPTIONS = { user: text, organization: text } as const;

/** What `--help` says of them. */
export const OWNER_HELP = `  --user          whose: the id that Stytch gave him, user-… or member-…
  --organization  the same for an organisation: organization-…`;

type Values = { readonly [name in keyof typeof OWNER_OPTIONS]?: string | undefined };

/** The owner that is named, as the Desk's paths have him; null where none is. */
export const ownerNamed = ({ user, organization }: Values): Result<string | null, string> => {
  if (user !== undefined && organization !== undefined)
    return err('Say --user or --organization, not both: it is one owner.');
  if (user !== undefined && !/^(?:user|member)-[A-Za-z0-9-]{1,120}$/.test(user))
    return err('--user is the id that Stytch gave: user-… or member-….');
  if (organization !== undefined && !/^organization-[A-Za-z0-9-]{1,120}$/.test(organization))
    return err('--organization is the id that Stytch gave: organization-….');
  return ok(user ?? organization ?? null);
};

/** The same where one has to be named. */
export const ownerMeant = (values: Values): Result<string, string> => {
  const owner = ownerNamed(values);
  if (!owner.ok) return owner;
  return owner.value === null ? err('Say whose: --user USER_ID or --organization ID.') : ok(owner.value);
};

/** A whole key in the place of its id: it would go into a URL, and from there into logs. */
export const isWholeKey = (word: string): boolean => WHOLE_KEY.test(word);

/** As published for scanners, the CRC apart: whoever mistyped a key has shown it all the same. */
const WHOLE_KEY = /^[a-z][a-z0-9]{1,11}_(?:live|test)_[0-9A-Za-z]{28}_[0-9A-Za-z]{28,189}$/;
