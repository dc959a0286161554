/** As much of a sentence as a line shows, characters; the incident shows all of it. */
const LONGEST = 200;

/** The first sentence of a message, or as many of its words as a line holds. */
export function firstSentence(message: string): string {
  const end = message.search(/[.!?](\s|$)/);
  const sentence = end === -1 ? message : message.slice(0, end + 1);
  if (sentence.length <= LONGEST) return sentence;
  const space = sentence.lastIndexOf(' ', LONGEST);
  return `${sentence.slice(0, space > 0 ? space : LONGEST)} …`;
}

export const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
