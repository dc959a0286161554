import type { Local } from './command.ts';
import { UsageError } from './usage-error.ts';

/**
 * Asks for confirmation.
 * @throws UsageError where nobody can answer
 */
export async function confirmed({ askBack }: Pick<Local, 'askBack'>, question: string): Promise<boolean> {
  const answer = await askBack(question);
  if (answer === undefined)
    throw new UsageError(`--yes: ${question} Nobody can be asked here: give --yes if it is meant`);
  return answer;
}
