import { featuresOf } from './feature.ts';
import type { Answer, Target } from './target.ts';

/** The outcome of one input. */
export interface Verdict {
  /** What this outcome has that others may not have. An input with a feature that no other has had is worth keeping. */
  readonly features: readonly string[];
  /** Why the input is a failure; undefined where it is none. */
  readonly failure?: string;
  /** Whether that is the time which it takes. */
  readonly isSlow: boolean;
}

/** CPU that a target may take for each KiB of an input, ms. */
const MS_PER_KIB = 4;
/** An input must be slow so many times: a collection of garbage may have fallen into one of them. */
const SLOW_TIMES = 3;

const untouched = Object.getOwnPropertyNames(Object.prototype);

/** Runs a target with an input, and judges what came of it. */
export async function judge(target: Target, text: string): Promise<Verdict> {
  const { answer, pollution, cpuMs } = await measured(target, text);
  const { said, error, breaches = [] } = answer;
  const outcomes = error === undefined ? said : [...said, `${error.name}: ${error.message}`];
  const features = outcomes.flatMap((sentences) => featuresOf(sentences, text, target));
  const wrong = pollution ?? breaches[0] ?? undeclared(target, error);
  if (wrong !== undefined) return { features, failure: wrong, isSlow: false };
  const slow = await tooSlow(target, text, cpuMs);
  return { features, ...(slow !== undefined && { failure: slow }), isSlow: slow !== undefined };
}

/** The same failure with other values is of the same kind. */
export const kindOfFailure = (failure: string): string => failure.replaceAll(/\d+/g, 'N').slice(0, 80);

async function measured(target: Target, text: string) {
  const before = process.threadCpuUsage();
  const answer = await answerOf(target, text);
  const { user, system } = process.threadCpuUsage(before);
  return { answer, pollution: polluted(), cpuMs: (user + system) / 1_000 };
}

async function answerOf(target: Target, text: string): Promise<Answer> {
  try {
    return await target.run(text);
  } catch (error) {
    // Whatever a target throws is what the judge is about.
    return { said: [], error: error instanceof Error ? error : { name: 'Thrown', message: String(error) } };
  }
}

function undeclared({ rejects }: Target, error: Answer['error']): string | undefined {
  return error === undefined || rejects.includes(error.name) ? undefined : `${error.name}: ${error.message}`;
}

/** Also takes away what was added to `Object.prototype`, which all that follows would see. */
function polluted(): string | undefined {
  const added = Object.getOwnPropertyNames(Object.prototype).filter((name) => !untouched.includes(name));
  for (const name of added) Reflect.deleteProperty(Object.prototype, name);
  return added.length === 0 ? undefined : `Object.prototype has got ${added.join(', ')}`;
}

async function tooSlow(target: Target, text: string, firstMs: number): Promise<string | undefined> {
  const mostMs = target.allowance + (MS_PER_KIB * text.length) / 1_024;
  let cpuMs = firstMs;
  for (let times = 1; cpuMs > mostMs; times += 1) {
    if (times === SLOW_TIMES)
      return `takes ${Math.round(cpuMs)} ms of CPU; ${Math.round(mostMs)} ms are allowed for its length`;
    cpuMs = (await measured(target, text)).cpuMs;
  }
  return undefined;
}
