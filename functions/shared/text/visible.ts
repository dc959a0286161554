/**
 * Characters that a terminal obeys or does not show: controls (ESC, line breaks), format characters (which change the
 * writing direction, or have no width), line and paragraph separators, and characters that are ignored by default.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * A foreign text as one line that is safe on a terminal. Records quote text of everybody who may make requests, so it
 * must neither repaint the screen nor look like a line of its own.
 */
export const visible = (text: string): string =>
  // A long run of blanks would wrap the following text onto a line that looks like a separate one.
  text.replaceAll(UNSEEN, escaped).replaceAll(/\p{Zs}{2,}/gu, ' ');

/** A line of JSON Lines, with these characters escaped as well: JSON.stringify leaves most of them unchanged. */
export const jsonLine = (value: unknown): string => JSON.stringify(value).replaceAll(UNSEEN, escaped);

/** `\u001b`: each UTF-16 code unit, as in JSON. */
const escaped = (character: string): string =>
  character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
