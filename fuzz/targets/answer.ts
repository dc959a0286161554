import type { RemediationRecord } from '../../functions/shared/records/record.ts';
import { recordIn } from '../../functions/shared/records/record-line.ts';
import { assertDeclared } from '../../sandbox/play.ts';
import { MARKUP } from '../hostile.ts';
import type { Answer } from '../target.ts';
import type { Performance } from './stage.ts';

/** The value of a member of no schema. Nothing of it may come out again. */
const SECRET = 'planted-9f2c61d7';
/** A shorter event may be the value of a field, which a record quotes. Characters. */
const WHOLE_EVENT = 200;

/** Plants the secret in a text, because reading and writing a document would lose members that are there twice. */
export const planted = (text: string): string =>
  text
    .replace(/^\{(?=\s*")/, `{"planted":"${SECRET}",`)
    .replace(/"detail":\{(?=\s*")/, `"detail":{"planted":"${SECRET}",`);

/**
 * What a function said to an event, and what it must never do.
 * @param event as it was handed over, with the secret
 */
export function answerOf(event: string, { outcome, lines, others, subjects }: Performance): Answer {
  const { records, breaches } = recordsIn(lines);
  const output = [...lines, outcome.ok ? String(outcome.result) : ''].join('\n');
  const shown = outcome.ok && typeof outcome.result === 'string' ? outcome.result : '';
  const failing = others.find((line) => line.includes('"level":"ERROR"'));
  if (output.includes(SECRET)) breaches.push('tells a member that no schema has');
  if (event.length >= WHOLE_EVENT && [event, JSON.stringify(event).slice(1, -1)].some((text) => output.includes(text)))
    breaches.push('tells the whole event');
  if (MARKUP.test(shown)) breaches.push('shows markup of the event');
  if (failing !== undefined) breaches.push(`has another function fail: ${failing.slice(0, 400)}`);
  const sentences = records.flatMap(({ decision, reason, message }) =>
    message.split('; ').map((part) => `${decision} ${reason}: ${part}`),
  );
  const headings = [...shown.matchAll(/<(?:h\d|li)[^>]*>([^<]*)/g)].map(([, heading = '']) => heading);
  return {
    said: [...sentences, ...subjects, ...headings],
    breaches,
    ...(!outcome.ok && { error: 'error' in outcome ? outcome.error : { name: outcome.kind, message: '' } }),
  };
}

function recordsIn(lines: readonly string[]) {
  const records: RemediationRecord[] = [];
  const breaches: string[] = [];
  for (const line of lines) {
    try {
      const record = recordIn(line);
      if (record === undefined) continue;
      assertDeclared(record);
      records.push(record);
    } catch (error) {
      // Whatever is wrong with a record is a defect of its function.
      breaches.push(`writes a bad record: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { records, breaches };
}
