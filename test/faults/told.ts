/** Of all that an answer may not say: what a fault said of itself. */
const INSIDE = /secret words|TypeError|Network connection lost/;

/**
 * What a client is told, in a few words: the status, and the code of a refusal. An answer that is not as every answer must
 * be says so, and then it is none of those that are allowed.
 */
export const told = async (response: Response): Promise<string> => {
  const { status, headers } = response;
  if (response.webSocket !== null && response.webSocket !== undefined) {
    response.webSocket.accept();
    response.webSocket.close();
    return String(status);
  }
  let text: string;
  try {
    text = await response.text();
  } catch {
    return `${status}, broken off`;
  }
  const words = [String(status), ...codeIn(text, status)];
  if ((status === 503 || status === 429) && !(Number(headers.get('retry-after')) > 0))
    words.push('without Retry-After');
  if (status >= 400 && INSIDE.test(text)) words.push('with what is nobody’s business');
  return words.join(' ');
};

/** The code of a problem (RFC 9457), or the error of RFC 6749; nothing for a page. */
const codeIn = (text: string, status: number): readonly string[] => {
  if (status < 400 || !text.startsWith('{')) return [];
  const { code, error } = JSON.parse(text) as { readonly code?: string; readonly error?: string };
  const said = code ?? error;
  return said === undefined ? [] : [said];
};
