import { awsTroubleOf } from '../runtime/aws-error.ts';
import type { MessageTrigger } from './messages.ts';

/**
 * What is told of one subject that AWS did not let be read, `Code: message`. What may pass by itself, such as an internal
 * error, is told once another delivery has failed, too. Throttling is of no subject, and is never told.
 *
 * @returns undefined where nothing is told yet: the caller goes on with all other subjects, and throws the error then, so
 *   that the messages come again
 */
export function unreadSubject(
  error: unknown,
  { redelivered }: Pick<MessageTrigger, 'redelivered'>,
): string | undefined {
  const trouble = awsTroubleOf(error);
  const isTold = trouble?.kind === 'refused' || (trouble?.kind === 'passing' && redelivered);
  return isTold ? trouble?.why : undefined;
}
