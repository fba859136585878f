import { type Frame, Layout } from '../layout.tsx';
import { PATHS } from '../paths.ts';
import { WORDS } from '../words.ts';

/** What a decision came to. A page of its own, so that to load it again decides nothing again. */
export const DecidedPage = ({
  frame,
  isApproved,
}: {
  readonly frame: Frame;
  readonly isApproved: boolean;
}) => {
  const { title, text } = isApproved ? WORDS.approved : WORDS.denied;
  return (
    <Layout title={title} frame={frame}>
      <svg
        class={isApproved ? 'mark' : 'mark no'}
        viewBox="0 0 24 24"
        aria-hidden="true"
        fill="none"
        stroke="currentColor"
        stroke-width="1.75"
      >
        <circle cx="12" cy="12" r="10" />
        <path d={isApproved ? 'm7.5 12.5 3 3 6-6.5' : 'm8.5 8.5 7 7m0-7-7 7'} />
      </svg>
      <h1>{title}</h1>
      <p>{text}</p>
      {isApproved ? <p class="soft">{WORDS.approved.more}</p> : null}
      <p>
        <a href={PATHS.device}>{WORDS.another}</a>
      </p>
    </Layout>
  );
};
