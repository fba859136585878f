import type { Child } from 'hono/jsx';

/** A fact: of a key, an owner or a device, in a list of them. */
export const Fact = ({ name, children }: { readonly name: string; readonly children?: Child }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);
