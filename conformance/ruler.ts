import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { toolPath } from './tools.ts';

export interface RulerAnswers {
  /** Why a pattern is refused, by the name of its rule; accepted patterns are missing. */
  readonly refused: ReadonlyMap<string, string>;
  /** The rules that each event matches, in the order of the events. */
  readonly matching: ReadonlyArray<ReadonlySet<string>>;
}

/**
 * Asks Amazon's Event Ruler which of the events match which of the rules.
 * @throws Error with its message on stderr
 */
export function askRuler(patterns: ReadonlyMap<string, unknown>, events: readonly unknown[]): RulerAnswers {
  const questions = [
    ...[...patterns].map(([rule, pattern]) => ({ rule, pattern })),
    ...events.map((event) => ({ event })),
  ];
  const argv = ['-cp', toolPath('ruler', 'jars', '*'), join(import.meta.dirname, 'ruler', 'Matches.java')];
  const { status, stdout, stderr } = spawnSync('java', argv, {
    input: questions.map((question) => `${JSON.stringify(question)}\n`).join(''),
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`java ended with ${status}: ${stderr}`);
  const answers: unknown[] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  if (answers.length !== questions.length)
    throw new Error(`${answers.length} answers to ${questions.length} questions`);
  const verdicts = answers.splice(0, patterns.size) as Array<string | null>;
  const refused = [...patterns.keys()].flatMap((rule, index) => {
    const verdict = verdicts[index];
    return typeof verdict === 'string' ? [[rule, verdict] as const] : [];
  });
  return { refused: new Map(refused), matching: (answers as string[][]).map((names) => new Set(names)) };
}
