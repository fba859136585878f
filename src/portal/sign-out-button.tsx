import { PATHS } from './paths.ts';
import { WORDS } from './words.ts';

/** Ends the session that the page was made in. A form, because an address that signs out could be put into an image. */
export const SignOutButton = ({ csrf }: { readonly csrf: string }) => (
  <form method="post" action={PATHS.signOut} class="sign-out">
    <input type="hidden" name="csrf" value={csrf} />
    <button type="submit">{WORDS.signOut}</button>
  </form>
);
