/** The attributes that tie a field to its hint and to what is wrong with it. */
export const described = (name: string, problem: string | undefined, hasHint: boolean) => {
  const ids = [problem === undefined ? [] : [`${name}-problem`], hasHint ? [`${name}-hint`] : []].flat();
  return {
    'aria-describedby': ids.length === 0 ? undefined : ids.join(' '),
    'aria-invalid': problem === undefined ? undefined : ('true' as const),
  };
};

/** What is wrong with a field. Where nothing else says that something is, it is read out at once. */
export const FieldProblem = ({
  name,
  text,
  isAlert = false,
}: {
  readonly name: string;
  readonly text: string | undefined;
  readonly isAlert?: boolean;
}) =>
  text === undefined ? null : (
    <p class="error" id={`${name}-problem`} role={isAlert ? 'alert' : undefined}>
      {text}
    </p>
  );
