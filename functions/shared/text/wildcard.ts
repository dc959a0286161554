/**
 * Whether a text matches a pattern in which each `*` stands for any number of characters. A regular expression with
 * many `.*` would try every way to split the text among them. Here a text of n characters takes at most n times the
 * length of the pattern, however many stars it has.
 *
 * @param single a character that stands for exactly one character, as `?` does in IAM policies; by default none does
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
      // Let the last star take one more character. Earlier stars need no other split.
      resume += 1;
      from = resume;
      at = star + 1;
    } else return false;
  }
  while (pattern[at] === '*') at += 1;
  return at === pattern.length;
}
