import * as z from 'zod';

const oneOrMore = z
  .union([z.string(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value : [value]));
const conditionValue = z
  .union([z.string(), z.boolean(), z.number(), z.array(z.union([z.string(), z.boolean(), z.number()]))])
  .transform((value) => (Array.isArray(value) ? value : [value]).map(String));

const statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(['Allow', 'Deny']),
  Principal: z.union([z.literal('*'), z.record(z.string(), oneOrMore)]).optional(),
  Action: oneOrMore,
  Resource: oneOrMore.optional(),
  Condition: z.record(z.string(), z.record(z.string(), conditionValue)).optional(),
});

/** An IAM policy document. Forms that the sandbox does not evaluate (NotAction and the like) are refused. */
export const policyDocument = z.strictObject({
  Version: z.string().optional(),
  Id: z.string().optional(),
  Statement: z.union([statement, z.array(statement)]).transform((value) => (Array.isArray(value) ? value : [value])),
});

export type PolicyDocument = z.output<typeof policyDocument>;
type Statement = PolicyDocument['Statement'][number];

/** What somebody wants to do. */
export interface Request {
  readonly action: string;
  /** Undefined where the policy is a trust policy, which names no resource. */
  readonly resource?: string;
  /** For resource policies: the service, for example `events.amazonaws.com`. */
  readonly service?: string;
  /** Condition keys of the request. */
  readonly context: Readonly<Record<string, string>>;
}

/** True when a statement allows the request and none denies it. */
export function allows(documents: readonly PolicyDocument[], request: Request): boolean {
  const applying = documents.flatMap(({ Statement }) => Statement).filter((one) => applies(one, request));
  return applying.some(({ Effect }) => Effect === 'Allow') && !applying.some(({ Effect }) => Effect === 'Deny');
}

function applies({ Principal, Action, Resource, Condition = {} }: Statement, request: Request): boolean {
  const { resource } = request;
  return (
    concernsPrincipal(Principal, request.service) &&
    Action.some((pattern) => like(pattern.toLowerCase(), request.action.toLowerCase())) &&
    (Resource === undefined || (resource !== undefined && Resource.some((pattern) => like(pattern, resource)))) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => holds(operator, request.context[key], values)),
    )
  );
}

function concernsPrincipal(principal: Statement['Principal'], service: string | undefined): boolean {
  if (principal === undefined || principal === '*') return true;
  if (principal.AWS?.includes('*') === true) return true;
  return service !== undefined && principal.Service?.includes(service) === true;
}

function holds(operator: string, actual: string | undefined, wanted: readonly string[]): boolean {
  const optional = operator.endsWith('IfExists');
  if (actual === undefined) return optional || /Not/.test(operator);
  switch (operator.replace(/IfExists$/, '')) {
    case 'StringEquals':
    case 'Bool':
      return wanted.includes(actual);
    case 'StringNotEquals':
      return !wanted.includes(actual);
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

/** `*` stands for any characters, `?` for one. */
function like(pattern: string, text: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}
