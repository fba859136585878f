import type { Child } from 'hono/jsx';

/** A form that does something: it carries the token of the session that its page is of (WEB-01). */
export const PostForm = ({
  csrf,
  action,
  class: name,
  children,
}: {
  readonly csrf: string;
  readonly action: string;
  readonly class?: string;
  readonly children?: Child;
}) => (
  <form method="post" action={action} class={name}>
    <input type="hidden" name="csrf" value={csrf} />
    {children}
  </form>
);
