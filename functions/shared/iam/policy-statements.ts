import * as z from 'zod';

const oneOrMany = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());
const conditionValue = z
  .union([z.string(), z.boolean(), z.number(), z.array(z.union([z.string(), z.boolean(), z.number()]))])
  .transform((value) => [value].flat().map(String));
const principal = z.union([z.literal('*'), z.record(z.string(), oneOrMany)]);

/** One statement of an identity's or an endpoint's policy. */
const statement = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Principal: principal.optional(),
  NotPrincipal: principal.optional(),
  Action: oneOrMany.optional(),
  /** Every action except these, as in PowerUserAccess. */
  NotAction: oneOrMany.optional(),
  Resource: oneOrMany.optional(),
  NotResource: oneOrMany.optional(),
  Condition: z.record(z.string(), z.record(z.string(), conditionValue)).optional(),
});
export type Statement = z.infer<typeof statement>;

const document = z.object({ Statement: z.union([statement, z.array(statement)]).transform((value) => [value].flat()) });

/**
 * Parses the statements of a policy document; undefined when it cannot be understood, so that it may allow or deny
 * anything.
 */
export function statementsOf(text: string): readonly Statement[] | undefined {
  try {
    return document.parse(JSON.parse(text)).Statement;
  } catch {
    return undefined;
  }
}

/** Decodes a policy document, which IAM returns URL-encoded (RFC 3986). Other text is returned unchanged. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
