import { AwsError } from '../../wire/aws-error.ts';
import type { StateValue } from './alarm.ts';

/** The parsed rule of a composite alarm. */
export interface AlarmRule {
  /** The alarms that it names, by name or ARN, as written. */
  readonly alarms: readonly string[];
  readonly holds: (stateOf: (alarm: string) => StateValue) => boolean;
}

type Test = AlarmRule['holds'];

/**
 * Parses a rule expression: `ALARM(name)`, `OK(name)`, `INSUFFICIENT_DATA(name)`, `TRUE`, `FALSE`, AND, OR, NOT and
 * parentheses; AND binds tighter than OR.
 * @throws AwsError `ValidationError`
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
 */
export function parseAlarmRule(text: string): AlarmRule {
  const tokens = [...text.matchAll(/"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+/g)].map(([token]) => token);
  const alarms: string[] = [];
  let position = 0;
  const next = (): string | undefined => tokens[position];
  const invalid = () => new AwsError('ValidationError', `AlarmRule is invalid near "${next() ?? 'its end'}": ${text}`);
  const take = (wanted?: string): string => {
    const token = next();
    if (token === undefined || (wanted !== undefined && token !== wanted)) throw invalid();
    position++;
    return token;
  };
  const joined = (operator: 'AND' | 'OR', operand: () => Test, all: boolean): Test => {
    const tests = [operand()];
    while (next() === operator) {
      take();
      tests.push(operand());
    }
    return (stateOf) => (all ? tests.every((test) => test(stateOf)) : tests.some((test) => test(stateOf)));
  };
  const either = (): Test => joined('OR', both, false);
  const both = (): Test => joined('AND', single, true);
  const single = (): Test => {
    const token = take();
    switch (token) {
      case 'NOT': {
        const test = single();
        return (stateOf) => !test(stateOf);
      }
      case '(': {
        const test = either();
        take(')');
        return test;
      }
      case 'TRUE':
      case 'FALSE':
        return () => token === 'TRUE';
      case 'ALARM':
      case 'OK':
      case 'INSUFFICIENT_DATA': {
        take('(');
        const alarm = take().replace(/^"(.*)"$/s, '$1');
        take(')');
        alarms.push(alarm);
        return (stateOf) => stateOf(alarm) === token;
      }
      default:
        position--;
        throw invalid();
    }
  };
  const holds = either();
  if (next() !== undefined) throw invalid();
  return { alarms, holds };
}
