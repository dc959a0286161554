/**
 * Markup that is safe to show. Only {@link html} and {@link jsonContent} create it, so it never contains unescaped
 * text.
 */
class SafeMarkup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type Markup = SafeMarkup;

/** What can be inserted into markup: text and numbers are escaped, markup is not, and undefined inserts nothing. */
export type Content = string | number | Markup | readonly Markup[] | undefined;

/**
 * Creates markup with inserted text: html`<td title="${hint}">${message}</td>`. Everything that is not markup is
 * escaped for elements and for attributes, which must be in double quotes.
 */
export const html = (parts: TemplateStringsArray, ...contents: readonly Content[]): Markup =>
  new SafeMarkup(String.raw({ raw: parts }, ...contents.map(written)));

/**
 * Encodes a value as JSON that an HTML parser leaves alone, whether a reader takes the text of the element or its
 * source. Characters with a meaning in HTML become JSON escapes.
 */
export const jsonContent = (value: unknown): Markup =>
  new SafeMarkup(JSON.stringify(value).replaceAll(/[<>&'\u2028\u2029]/g, escapedForJson));

const written = (content: Content): string => {
  if (content === undefined) return '';
  if (content instanceof SafeMarkup) return content.toString();
  if (typeof content === 'object') return content.join('');
  return String(content).replaceAll(/[&<>"'`]/g, (character) => ESCAPES[character] ?? '');
};

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

const escapedForJson = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
