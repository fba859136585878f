/** What is wrong with a form as a whole: told first, and read out at once. */
export const FormProblem = ({ text }: { readonly text: string | null }) =>
  text === null ? null : (
    <p class="error panel" role="alert">
      {text}
    </p>
  );
