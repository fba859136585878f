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
