import * as z from 'zod';
import { matchesWildcard } from '../../../functions/shared/text/wildcard.ts';

const oneOrMore = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value : [value]));
const conditionValue = z
  .union([z.string(), z.boolean(), z.number(), z.array(z.union([z.string(), z.boolean(), z.number()]))])
  .transform((value) => (Array.isArray(value) ? value : [value]).map(String));

const statement = z
  .strictObject({
    Sid: z.string().optional(),
    Effect: z.enum(['Allow', 'Deny']),
    Principal: z.union([z.literal('*'), z.record(z.string(), oneOrMore)]).optional(),
    Action: oneOrMore.optional(),
    NotAction: oneOrMore.optional(),
    Resource: oneOrMore.optional(),
    Condition: z.record(z.string(), z.record(z.string(), conditionValue)).optional(),
  })
  .refine(({ Action, NotAction }) => (Action === undefined) !== (NotAction === undefined), {
    path: ['Action'],
    error: 'give either Action or NotAction',
  });

/** An IAM policy document. Elements that the sandbox does not evaluate (NotResource and the like) are refused. */
export const policyDocument = z.strictObject({
  Version: z.string().optional(),
  Id: z.string().optional(),
  Statement: z.union([statement, z.array(statement)]).transform((value) => (Array.isArray(value) ? value : [value])),
});

export type PolicyDocument = z.output<typeof policyDocument>;
type Statement = PolicyDocument['Statement'][number];

/** A request to evaluate. */
export interface Request {
  readonly action: string;
  /** Undefined for a trust policy, which names no resource. */
  readonly resource?: string;
  /** For resource policies: the service, such as `events.amazonaws.com`. */
  readonly service?: string;
  /** For resource policies: the ARN of the role. */
  readonly principal?: string;
  /** Condition keys of the request. */
  readonly context: Readonly<Record<string, string>>;
}

/** Whether a statement allows the request, and none denies it. */
export function allows(documents: readonly PolicyDocument[], request: Request): boolean {
  const applying = documents.flatMap(({ Statement }) => Statement).filter((one) => applies(one, request));
  return applying.some(({ Effect }) => Effect === 'Allow') && !applying.some(({ Effect }) => Effect === 'Deny');
}

function applies({ Principal, Action, NotAction, Resource, Condition = {} }: Statement, request: Request): boolean {
  const { resource } = request;
  const names = (patterns: readonly string[]) =>
    patterns.some((pattern) => like(pattern.toLowerCase(), request.action.toLowerCase()));
  return (
    concernsPrincipal(Principal, request) &&
    (Action === undefined || names(Action)) &&
    (NotAction === undefined || !names(NotAction)) &&
    (Resource === undefined || (resource !== undefined && Resource.some((pattern) => like(pattern, resource)))) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => holds(operator, request.context[key], values)),
    )
  );
}

function concernsPrincipal(principal: Statement['Principal'], { service, principal: role }: Request): boolean {
  if (principal === undefined || principal === '*') return true;
  if (principal.AWS?.some((one) => one === '*' || one === role || isAccountOf(one, role)) === true) return true;
  return service !== undefined && principal.Service?.includes(service) === true;
}

/** A principal that is a role's account, by number or as its root, includes every role in it. */
function isAccountOf(principal: string, role: string | undefined): boolean {
  const account = role?.split(':')[4];
  return account !== undefined && (principal === account || principal.endsWith(`:iam::${account}:root`));
}

function holds(operator: string, actual: string | undefined, wanted: readonly string[]): boolean {
  if (operator === 'Null') return wanted.includes(String(actual === undefined));
  const optional = operator.endsWith('IfExists');
  if (actual === undefined) return optional || /Not/.test(operator);
  switch (operator.replace(/IfExists$/, '')) {
    case 'StringEquals':
    case 'Bool':
      return wanted.includes(actual);
    case 'StringNotEquals':
      return !wanted.includes(actual);
    case 'StringEqualsIgnoreCase':
      return wanted.some((one) => one.toLowerCase() === actual.toLowerCase());
    case 'ArnEquals':
    case 'ArnLike':
    case 'StringLike':
      return wanted.some((pattern) => like(pattern, actual));
    case 'ArnNotEquals':
    case 'ArnNotLike':
    case 'StringNotLike':
      return !wanted.some((pattern) => like(pattern, actual));
    default:
      throw new Error(`The sandbox does not evaluate the policy condition ${operator}.`);
  }
}

/** `*` matches any characters, `?` exactly one. */
const like = (pattern: string, text: string): boolean => matchesWildcard(pattern, text, '?');
