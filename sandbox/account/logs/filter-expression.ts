import { AwsError } from '../../wire/aws-error.ts';

/** How CloudWatch Logs refuses a filter pattern. */
export const invalidPattern = (why: string): AwsError =>
  new AwsError('InvalidParameterException', `Invalid filter pattern: ${why}`);

/** What CloudWatch Logs takes of regular expressions: no groups, and of characters besides words just these. */
const EXPRESSION = /^[\w\s#=@/;,.\-:+*?^$[\]\\|{}()]*$/;

/** `%expression%`, compiled. @throws AwsError InvalidParameterException */
export function expressionOf(text: string): RegExp {
  if (!EXPRESSION.test(text) || /[()]/.test(text.replaceAll(/\\./g, ''))) throw invalidPattern(`%${text}%`);
  try {
    return new RegExp(text);
  } catch {
    throw invalidPattern(`%${text}%`);
  }
}
