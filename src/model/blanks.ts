/**
 * A text without the blanks around it (RFC 9110 §5.6.3, OWS). Step by step: an expression such as `[ \t]+$` begins anew at
 * each blank of a run, so that a long header of blanks costs its square, before anybody was asked who he is.
 */
export const withoutBlanks = (text: string): string => {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text, start)) start++;
  while (end > start && isBlank(text, end - 1)) end--;
  return text.slice(start, end);
};

const isBlank = (text: string, at: number): boolean => text[at] === ' ' || text[at] === '\t';
