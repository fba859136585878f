/**
 * One of the Worker's log lines as a person reads it, or null for what is no request of anybody. What is not
 * an account of a request, such as a warning or a bug, stays as it is.
 */
export const requestLine = (line: string): string | null => {
  const entry = readEntry(line);
  if (entry === null) return null;
  if (entry.event !== 'request') return line;
  const { status, decision, reason, because, host, method, route, credential, key_id: keyId, tier } = entry;
  const why = [reason, because].filter((part) => typeof part === 'string').join(': ');
  const times = ['stytch_ms', 'ring_ms', 'kv_ms', 'origin_ms']
    .filter((name) => Number(entry[name]) > 0)
    .map((name) => `${name.replace('_ms', '')} ${entry[name]} ms`);
  const words = [
    ...[status, decision, why === '' ? null : `(${why})`],
    ...[host === 'desk' ? 'desk' : 'api', method, route ?? '-', keyId ?? credential],
    ...[tier === null || tier === undefined ? null : `known from ${tier}`, times.join(', ')],
  ];
  return words.filter((word) => word !== null && word !== undefined && word !== '').join(' ');
};

const readEntry = (line: string): Readonly<Record<string, unknown>> | null => {
  if (!line.startsWith('{"event":')) return null;
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};
