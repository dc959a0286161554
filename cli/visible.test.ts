import { expect, it } from 'vitest';
import { exampleRecord } from '../functions/shared/records/record.fixture.ts';
import { jsonLine, visible } from '../functions/shared/text/visible.ts';
import { table } from './table.ts';
import { createTimeline } from './timeline.ts';

const HOSTILE = {
  'an escape sequence': '\u001b[2J',
  'an escape sequence of one character': '\u009b2J',
  'a line break': '\n  16:30:01  shop/web ✓ upgraded',
  'a return to the beginning of the line': '\r✓',
  'a separator of lines': '\u2028✓',
  'the other direction': '\u202e✓',
  'an isolate': '\u2067✓',
  'no width': '\u200b',
  'a tag': '\u{e0041}',
  'a filler': '\u3164',
} as const;
const ANY = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u3164]/u;

it.each(Object.entries(HOSTILE))('shows %s instead of obeying it', (_what, text) => {
  expect(visible(`a${text}b`)).not.toMatch(ANY);
  expect(visible(`a${text}b`)).toContain('\\u');
});

it('leaves other texts as they are, in any language', () => {
  const text = 'Größer als „vorher“, 日本語, עברית, ✓ → 1.35.6';
  expect(visible(text)).toBe(text);
});

it('has no blanks that push what follows onto another line', () => {
  expect(visible(`a${' '.repeat(200)}\u00a0b`)).toBe('a b');
});

it('JSON is the same value, without such characters', () => {
  const value = { why: Object.values(HOSTILE).join('') };
  expect(jsonLine(value)).not.toMatch(ANY);
  expect(JSON.parse(jsonLine(value))).toEqual(value);
});

it.each(Object.entries(HOSTILE))('a timeline shows %s in every part of a record that others wrote', (_what, text) => {
  const record = {
    ...exampleRecord,
    cluster: `c${text}`,
    nodegroup: `n${text}`,
    instance: `i${text}`,
    reason: `r${text}`,
    message: `m${text}`,
    hint: `h${text}`,
    trigger: { id: `t${text}`, type: `e${text}` },
  };
  const written: string[] = [];
  const timeline = createTimeline((line) => written.push(line), { origins: true });
  timeline.add(record);
  timeline.add({ ...record, reason: 'agent-verified' });
  timeline.flush();
  const [heading, ...lines] = written;
  expect(heading).toMatch(/^\n[\d-]+$/);
  expect(lines).toHaveLength(6);
  expect(lines.join('')).not.toMatch(ANY);
});

it('a table shows it in its cells', () => {
  const lines = table([['NAME'], ...Object.values(HOSTILE).map((text) => [`a${text}`])]).split('\n');
  expect(lines).toHaveLength(1 + Object.keys(HOSTILE).length);
  expect(lines.join('')).not.toMatch(ANY);
});
