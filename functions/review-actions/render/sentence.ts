/** Longest sentence of a line, in characters; the incident shows all of it. */
const LONGEST = 200;

/** The first sentence of a message, cut after a whole word where it is too long. */
export function firstSentence(message: string): string {
  const end = message.search(/[.!?](\s|$)/);
  const sentence = end === -1 ? message : message.slice(0, end + 1);
  if (sentence.length <= LONGEST) return sentence;
  const space = sentence.lastIndexOf(' ', LONGEST);
  return `${sentence.slice(0, space > 0 ? space : LONGEST)} …`;
}

export const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
