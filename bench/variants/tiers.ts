/** A lease that ends now and then is part of what is measured; more of it would be something else. */
const LEAST_SHARE = 0.98;

/** Throws unless the requests that a server logged were decided by what the variant says. */
export const allOfTier = (logs: string, tier: string | null): void => {
  const counts = new Map<string | null, number>();
  let all = 0;
  for (const line of logs.split('\n')) {
    if (!line.startsWith('{"event":"request"')) continue;
    const entry = JSON.parse(line) as { readonly tier: string | null };
    counts.set(entry.tier, (counts.get(entry.tier) ?? 0) + 1);
    all++;
  }
  if (all > 0 && (counts.get(tier) ?? 0) / all >= LEAST_SHARE) return;
  throw new Error(`expected requests decided by "${tier}": ${JSON.stringify([...counts])} of ${all}`);
};
