import type { KeyRecord } from '../../model/life.ts';
import { type Frame, Layout } from '../layout.tsx';
import type { PlacePaths } from '../paths.ts';
import { WORDS } from '../words.ts';

const { rotate: words } = WORDS;

/** What the old secret may stay good for, in seconds, shortest first; none comes last. */
export const OVERLAPS = [3_600, 86_400, 604_800, 2_592_000, 0] as const;

export type Overlap = (typeof OVERLAPS)[number];

export const USUAL_OVERLAP: Overlap = 86_400;

/** Asks how long the old secret is to live beside the new one. */
export const RotatePage = ({
  frame,
  paths,
  csrf,
  once,
  record: { keyId, name },
  overlap,
  problem,
}: {
  readonly frame: Frame;
  readonly paths: PlacePaths;
  readonly csrf: string;
  /** Of this form alone: sent twice, it makes one secret. */
  readonly once: string;
  readonly record: KeyRecord;
  readonly overlap: Overlap;
  readonly problem: string | null;
}) => (
  <Layout title={words.title(name)} frame={frame} width="form">
    <h1>{words.title(name)}</h1>
    <p>{words.text}</p>
    {problem === null ? null : (
      <p class="error panel" role="alert">
        {problem}
      </p>
    )}
    <form method="post" action={paths.rotate(keyId)}>
      <input type="hidden" name="csrf" value={csrf} />
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
      <div class="buttons">
        <a class="button quiet" href={paths.key(keyId)}>
          {WORDS.create.cancel}
        </a>
        <button type="submit">{words.button}</button>
      </div>
    </form>
  </Layout>
);
