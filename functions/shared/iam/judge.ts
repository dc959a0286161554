import { matchesWildcard } from '../text/wildcard.ts';
import type { Statement } from './policy-statements.ts';

/** `unsure` where a statement depends on something that only the request itself shows. */
export type Answer = 'yes' | 'no' | 'unsure';

/** One call, as IAM would evaluate it. */
export interface Question {
  readonly action: string;
  /** ARN of the resource, or `*` where the action has no resources. */
  readonly resource: string;
  /** The known condition keys, in lower case, with their values. */
  readonly context: Readonly<Record<string, string>>;
  /** ARN of the calling role, for policies that name principals. */
  readonly principal?: string | undefined;
}

/** What the statements of one policy answer to a question. */
export interface Verdict {
  readonly allowed: Answer;
  readonly denied: Answer;
  /** Condition keys whose values are unknown, where an answer depends on them. */
  readonly unknownKeys: readonly string[];
}

/** @param statements undefined when the policy cannot be understood */
export function judge(statements: readonly Statement[] | undefined, question: Question): Verdict {
  if (statements === undefined) return { allowed: 'unsure', denied: 'unsure', unknownKeys: [] };
  const applying = statements.map((statement) => ({ statement, ...applies(statement, question) }));
  const best = (effect: Statement['Effect']) =>
    either(applying.filter(({ statement }) => statement.Effect === effect).map(({ answer }) => answer));
  const unknownKeys = applying.flatMap(({ answer, keys }) => (answer === 'unsure' ? keys : []));
  return { allowed: best('Allow'), denied: best('Deny'), unknownKeys: [...new Set(unknownKeys)] };
}

const either = (answers: readonly Answer[]): Answer =>
  answers.includes('yes') ? 'yes' : answers.includes('unsure') ? 'unsure' : 'no';
const both = (answers: readonly Answer[]): Answer =>
  answers.includes('no') ? 'no' : answers.includes('unsure') ? 'unsure' : 'yes';
const not = (answer: Answer): Answer => (answer === 'unsure' ? answer : answer === 'yes' ? 'no' : 'yes');
const sure = (holds: boolean): Answer => (holds ? 'yes' : 'no');

function applies(statement: Statement, question: Question): { answer: Answer; keys: string[] } {
  const { Action, NotAction, Resource, NotResource, Condition = {} } = statement;
  const names = (patterns: readonly string[]): Answer =>
    sure(patterns.some((pattern) => matchesWildcard(pattern.toLowerCase(), question.action.toLowerCase(), '?')));
  const concerns = (patterns: readonly string[]): Answer => either(patterns.map((one) => like(one, question.resource)));
  const parts = [
    Action === undefined ? 'yes' : names(Action),
    NotAction === undefined ? 'yes' : not(names(NotAction)),
    Resource === undefined ? 'yes' : concerns(Resource),
    NotResource === undefined ? 'yes' : not(concerns(NotResource)),
    isBy(statement, question),
  ] as const;
  // A statement that does not apply to the call has no effect, whatever its condition.
  if (both(parts) === 'no') return { answer: 'no', keys: [] };
  const conditions = Object.entries(Condition).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, values]) => ({ key, answer: holds(operator, key, values, question) })),
  );
  const keys = conditions.flatMap(({ key, answer }) => (answer === 'unsure' ? [key] : []));
  return { answer: both([...parts, ...conditions.map(({ answer }) => answer)]), keys };
}

/** Whether a statement applies to the caller. Statements of a role's own policies name no principal. */
function isBy({ Principal, NotPrincipal }: Statement, { principal }: Question): Answer {
  if (NotPrincipal !== undefined) return 'unsure';
  if (Principal === undefined || Principal === '*') return 'yes';
  const named = Principal.AWS ?? [];
  if (named.includes('*')) return 'yes';
  if (principal === undefined) return named.length === 0 ? 'no' : 'unsure';
  const account = principal.split(':')[4] ?? '';
  if (named.some((one) => one === principal || one === account || one.endsWith(`:iam::${account}:root`))) return 'yes';
  return named.some((one) => isSessionOf(one, principal)) ? 'unsure' : 'no';
}

/**
 * Whether a principal is a session of the role. Whether the caller's session has that name is unknown here. ARNs of
 * sessions have no path (IAM user guide, "AWS JSON policy elements: Principal").
 */
function isSessionOf(named: string, role: string): boolean {
  const [, account, name] = /^arn:[\w-]+:sts::(\d+):assumed-role\/([^/]+)\//.exec(named) ?? [];
  return account === role.split(':')[4] && name !== undefined && name === role.split('/').at(-1);
}

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html */
function holds(operator: string, key: string, values: readonly string[], { context }: Question): Answer {
  const actual = context[key.toLowerCase()];
  // A key that is unknown here may or may not be in the request.
  if (actual === undefined) return 'unsure';
  const test = OPERATORS[operator.replace(/IfExists$/, '')];
  if (operator === 'Null') return sure(values.includes('false'));
  return test === undefined ? 'unsure' : test(values, actual);
}

type Test = (values: readonly string[], actual: string) => Answer;
const anyLike: Test = (values, actual) => either(values.map((value) => like(value, actual)));
const anyEqual: Test = (values, actual) =>
  either(values.map((value) => (isVariable(value) ? 'unsure' : sure(value === actual))));
const anyEqualWhateverCase: Test = (values, actual) =>
  anyEqual(
    values.map((value) => value.toLowerCase()),
    actual.toLowerCase(),
  );
const none =
  (test: Test): Test =>
  (values, actual) =>
    not(test(values, actual));

const OPERATORS: Readonly<Record<string, Test>> = {
  StringEquals: anyEqual,
  StringNotEquals: none(anyEqual),
  StringEqualsIgnoreCase: anyEqualWhateverCase,
  StringNotEqualsIgnoreCase: none(anyEqualWhateverCase),
  StringLike: anyLike,
  StringNotLike: none(anyLike),
  ArnEquals: anyLike,
  ArnLike: anyLike,
  ArnNotEquals: none(anyLike),
  ArnNotLike: none(anyLike),
  Bool: anyEqualWhateverCase,
};

/**
 * Matches IAM's wildcards: `*` for any run of characters, `?` for one. Only the request shows the value of a policy
 * variable.
 */
const like = (pattern: string, text: string): Answer =>
  isVariable(pattern) ? 'unsure' : sure(matchesWildcard(pattern, text, '?'));

const isVariable = (text: string): boolean => text.includes('${');
