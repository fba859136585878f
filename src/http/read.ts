/** The longest body that the Desk reads. */
export const MAX_BODY_BYTES = 65_536;

/** The text of a body; null when it is too long, undefined when it is not UTF-8 (RFC 8259 §8.1). */
export const readText = async (
  body: ReadableStream | null,
  maxBytes: number,
): Promise<string | null | undefined> => {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });
  let text = '';
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return null;
    const decoded = decode(decoder, chunk);
    if (decoded === undefined) return undefined;
    text += decoded;
  }
  const rest = decode(decoder);
  return rest === undefined ? undefined : text + rest;
};

/** Without a chunk, what is left at the end. */
const decode = (decoder: TextDecoder, chunk?: Uint8Array): string | undefined => {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
};
