/** What JSON consists of, and blanks. */
const TOKEN =
  /[ \t\r\n]+|"(?:[^"\\\p{Cc}]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)\b|[{}[\]:,]/guy;

/** What people write that JSON lacks, with what to write instead. */
const HABITS: ReadonlyArray<readonly [begins: RegExp, fix: (found: string) => string]> = [
  [/\/[/*]|#/y, () => 'JSON has no comments; take them out'],
  [/'|[\u2018\u2019\u201c\u201d]/y, (found) => `${found} begins no text in JSON; write "`],
  [/"/y, () => 'a text does not end on its line; end it with "'],
  [/(?:true|false)\b/iy, (found) => `${found} is none of JSON; write ${found.toLowerCase()}`],
  [/(?:yes|on)\b/iy, (found) => `${found} is none of JSON; write true`],
  [/(?:no|off)\b/iy, (found) => `${found} is none of JSON; write false`],
  [/(?:none|nil|undefined)\b/iy, (found) => `${found} is none of JSON; write null, or leave the key out`],
  [/[\p{L}_$][\w$.-]{0,60}/uy, (found) => `${found} must stand in double quotes: "${found}"`],
  [/\d[\w.-]{0,60}/y, (found) => `${found} is no number; put it into double quotes: "${found}"`],
];

/**
 * Says what is wrong with a text that is not JSON, where, and what to write instead, such as
 * `line 3: JSON has no comments; take them out`.
 *
 * @param error of `JSON.parse`: its words are the answer where no habit explains the fault
 */
export function whyNotJson(text: string, error: unknown): string {
  if (text.trim() === '') return 'it is empty; {} is a document without any key';
  if (/^(\u00ef\u00bb\u00bf|\ufeff)/.test(text))
    return 'it begins with a byte order mark; save it as UTF-8 without one';
  if (/^\ufffd|^.?\0/.test(text)) return 'it is not UTF-8; save it as UTF-8';
  if (!/^\s*["{[\d]/.test(text) && /^\s*(---|#|[\w.-]+\s*:(\s|$))/.test(text))
    return 'it looks like YAML; write JSON, which begins with {';
  const { at, open, comma } = firstFault(text);
  const line = text.slice(0, comma ?? at).split('\n').length;
  if (comma !== undefined) return `line ${line}: no comma may stand before } or ]; take it out`;
  if (at >= text.length) {
    if (open > 0)
      return `it ends too early: ${open === 1 ? 'a } or ] is' : `${open} of } or ] are`} missing at its end`;
  } else {
    for (const [begins, fix] of HABITS) {
      begins.lastIndex = at;
      const [found] = begins.exec(text) ?? [];
      if (found !== undefined) return `line ${line}: ${fix(found)}`;
    }
  }
  return error instanceof Error ? error.message : String(error);
}

interface Fault {
  /** Where the first thing stands that JSON has not; the end of the text where there is none. */
  readonly at: number;
  /** How many objects and lists are open there. */
  readonly open: number;
  /** Where a comma stands before the end of an object or list. */
  readonly comma?: number;
}

function firstFault(text: string): Fault {
  let [open, at, comma]: [number, number, number | undefined] = [0, 0, undefined];
  for (const [sign] of text.matchAll(TOKEN)) {
    if (comma !== undefined && (sign === '}' || sign === ']')) return { at: comma, open, comma };
    if (sign === '{' || sign === '[') open += 1;
    if (sign === '}' || sign === ']') open -= 1;
    if (sign === ',') comma = at;
    else if (sign.trim() !== '') comma = undefined;
    at += sign.length;
  }
  return { at, open };
}
