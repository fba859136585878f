/** Scopes, each by what it is called and by its name. */
export const ScopeList = ({
  scopes,
  titleOf,
}: {
  readonly scopes: readonly string[];
  readonly titleOf: (scope: string) => string;
}) => (
  <ul>
    {scopes.map((scope) => (
      <li>
        {titleOf(scope)} <code>{scope}</code>
      </li>
    ))}
  </ul>
);
