/** A lease that ends now and then is part of what is measured; more of it would be something else. */
const LEAST_SHARE = 0.98;

/** What a line of the log says of how a request was decided. */
type Field = 'tier' | 'reason' | 'because';

/** Throws unless the requests that a server logged were decided as the variant says. */
export const allDecided = (logs: string, field: Field, ...as: readonly (string | null)[]): void => {
  const counts = new Map<string | null, number>();
  let all = 0;
  for (const line of logs.split('\n')) {
    if (!line.startsWith('{"event":"request"')) continue;
    const entry = JSON.parse(line) as Readonly<Record<Field, string | null>>;
    counts.set(entry[field], (counts.get(entry[field]) ?? 0) + 1);
    all++;
  }
  const good = as.reduce((sum, each) => sum + (counts.get(each) ?? 0), 0);
  if (all > 0 && good / all >= LEAST_SHARE) return;
  throw new Error(
    `expected requests of ${field} "${as.join('" or "')}": ${JSON.stringify([...counts])} of ${all}`,
  );
};
