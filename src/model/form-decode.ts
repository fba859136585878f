/** One text of a form (RFC 6749 Appendix B); null for what is no UTF-8. Most have nothing to decode, and come as they are. */
export const formDecode = (text: string): string | null => {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
};
