import { PATHS } from './paths.ts';
import { PostForm } from './post-form.tsx';
import { WORDS } from './words.ts';

/** Ends the session that the page was made in. A form, because an address that signs out could be put into an image. */
export const SignOutButton = ({ csrf }: { readonly csrf: string }) => (
  <PostForm csrf={csrf} action={PATHS.signOut} class="sign-out">
    <button type="submit">{WORDS.signOut}</button>
  </PostForm>
);
