/**
 * Whether a text fits a pattern in which each `*` stands for any characters, or none. A regular expression with many `.*`
 * would try each way to share the text out among them; here a text of n characters costs at most n times the length of
 * the pattern, however many stars it has.
 *
 * @param single a character that stands for just one of any kind, as `?` does in IAM's policies; by default none does
 */
export function matchesWildcard(pattern: string, text: string, single?: '?'): boolean {
  let at = 0;
  let from = 0;
  let star = -1;
  let resume = 0;
  while (from < text.length) {
    const wanted = pattern[at];
    if (wanted === '*') {
      star = at;
      resume = from;
      at += 1;
    } else if (wanted !== undefined && (wanted === text[from] || wanted === single)) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      // Let the last star take one character more; the stars before it need no other share.
      resume += 1;
      from = resume;
      at = star + 1;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
