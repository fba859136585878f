import { WORDS } from '../words.ts';

/** From which share of a limit on its bar says that there is little left, and that there is hardly any. */
const LITTLE = 0.25;
const HARDLY_ANY = 0.1;

/** What is left of a limit: as a bar, and in words. */
export const LimitBar = ({
  name,
  left,
  limit,
  note = null,
}: {
  /** What is limited, such as "Requests per minute". */
  readonly name: string;
  readonly left: number;
  readonly limit: number;
  /** What there is to say of it besides, such as when it is whole again. */
  readonly note?: string | null;
}) => (
  <div class="limit-bar">
    <label>
      <span>{name}</span> <span class="left">{WORDS.charts.left(left, limit)}</span>
      <meter max={limit} value={left} low={limit * HARDLY_ANY} high={limit * LITTLE} optimum={limit} />
    </label>
    {note === null ? null : <p class="hint">{note}</p>}
  </div>
);
