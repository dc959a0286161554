/** Markup that is safe to show. Only {@link html} and {@link jsonContent} make any, so unescaped text cannot get into it. */
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

/** What can be put into markup: text and numbers are escaped, markup is not, nothing is nothing. */
export type Content = string | number | Markup | readonly Markup[] | undefined;

/**
 * Markup with text put in: html`<td title="${reconcile request}">${message}</td>`. Everything that is no markup itself is escaped for
 * elements and for attributes, which must stand in double quotes.
 */
export const html = (parts: TemplateStringsArray, ...contents: readonly Content[]): Markup =>
  new SafeMarkup(String.raw({ raw: parts }, ...contents.map(written)));

/**
 * A value as JSON that an HTML parser leaves alone, whether a reader takes the text of the element or its source: the
 * characters that mean something in HTML are written as JSON's own escapes.
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
