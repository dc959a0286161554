import { AwsError } from '../../wire/aws-error.ts';

/** CloudWatch Logs' error for an invalid filter pattern. */
export const invalidPattern = (why: string): AwsError =>
  new AwsError('InvalidParameterException', `Invalid filter pattern: ${why}`);

/** The regular expressions that CloudWatch Logs supports: no groups, and besides word characters only these. */
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
