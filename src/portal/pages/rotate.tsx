import type { KeyRecord } from '../../model/life.ts';
import { Layout, type SignedInFrame } from '../layout.tsx';
import type { PlacePaths } from '../paths.ts';
import { PostForm } from '../post-form.tsx';
import { WORDS } from '../words.ts';
import { FormButtons } from './form-buttons.tsx';
import { FormProblem } from './form-problem.tsx';

const { rotate: words } = WORDS;

/** What the old secret may stay good for, in seconds, shortest first; none comes last. */
export const OVERLAPS = [3_600, 86_400, 604_800, 2_592_000, 0] as const;

export type Overlap = (typeof OVERLAPS)[number];

/** What is chosen until somebody chooses, in seconds. */
export const USUAL_OVERLAP: Overlap = 86_400;

/** Asks how long the old secret is to live beside the new one. */
export const RotatePage = ({
  frame,
  paths,
  once,
  record: { keyId, name },
  overlap,
  problem,
}: {
  readonly frame: SignedInFrame;
  readonly paths: PlacePaths;
  /** Of this form alone: sent twice, it makes one secret. */
  readonly once: string;
  readonly record: KeyRecord;
  readonly overlap: Overlap;
  readonly problem: string | null;
}) => (
  <Layout title={words.title(name)} frame={frame} width="form">
    <h1>{words.title(name)}</h1>
    <p>{words.text}</p>
    <FormProblem text={problem} />
    <PostForm csrf={frame.csrf} action={paths.rotate(keyId)}>
      <input type="hidden" name="once" value={once} />
      <fieldset>
        <legend>{words.overlap}</legend>
        <div class="choices">
          {OVERLAPS.map((seconds) => (
            <label class="choice">
              <input type="radio" name="overlap" value={String(seconds)} checked={seconds === overlap} />{' '}
              {words.overlaps[seconds]}
            </label>
          ))}
        </div>
      </fieldset>
      <p class="note">{words.leaked}</p>
      <FormButtons back={paths.key(keyId)} button={words.button} />
    </PostForm>
  </Layout>
);
