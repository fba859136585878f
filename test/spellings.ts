/** A secret as it could be written: as it is, in base64, base64url, hex and for URLs. Padding and the last digits depend on what follows. */
export const spellings = (secret: string): readonly string[] => {
  const bytes = new TextEncoder().encode(secret);
  const base64 = btoa(String.fromCharCode(...bytes))
    .replace(/=+$/, '')
    .slice(0, -2);
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [
    secret,
    base64,
    base64.replaceAll('+', '-').replaceAll('/', '_'),
    hex,
    hex.toUpperCase(),
    encodeURIComponent(secret),
  ];
};

/** Of so many characters of a spelling it is first seen whether it may begin at a place. */
const BEGINNING = 12;

/** More secrets than this are looked for side by side. */
const MANY = 20;

/** The secrets that stand in a text, however they are spelled. Of many, the text is read once for all. */
export const secretsIn = (text: string, secrets: Iterable<string>): readonly string[] => {
  const all = [...secrets];
  return all.length > MANY
    ? manyIn(text, all)
    : all.filter((secret) => spellings(secret).some((spelled) => text.includes(spelled)));
};

const manyIn = (text: string, secrets: readonly string[]): readonly string[] => {
  const found = new Set<string>();
  const byBeginning = new Map<string, [spelled: string, secret: string][]>();
  for (const secret of secrets)
    for (const spelled of spellings(secret)) {
      const beginning = spelled.slice(0, BEGINNING);
      if (spelled.length < BEGINNING) {
        if (text.includes(spelled)) found.add(secret);
        continue;
      }
      const known = byBeginning.get(beginning);
      if (known === undefined) byBeginning.set(beginning, [[spelled, secret]]);
      else known.push([spelled, secret]);
    }
  for (let at = 0; at + BEGINNING <= text.length; at++)
    for (const [spelled, secret] of byBeginning.get(text.slice(at, at + BEGINNING)) ?? [])
      if (text.startsWith(spelled, at)) found.add(secret);
  return [...found];
};
