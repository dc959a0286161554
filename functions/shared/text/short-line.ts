/**
 * A text of somebody else as one line of at most so many characters. Records, the ledger and notifications have room for
 * a line, and refuse a longer text with all that comes with it.
 */
export const shortLine = (text: string, longest: number): string =>
  text.slice(0, longest).toWellFormed().replaceAll(/\s+/g, ' ').trim();
