import * as z from 'zod';
import { describeIssue } from './issue.ts';

/**
 * Reads the environment variables of a function at load: a wrongly deployed function must not even start.
 *
 * @throws Error that names each missing or wrong variable; values are never shown
 */
export function readEnvironment<Schema extends z.ZodType>(schema: Schema): z.infer<Schema> {
  // A schema that is used once is not worth the code that zod writes for the next time.
  const parsed = schema.safeParse(process.env, { jitless: true });
  if (parsed.success) return parsed.data;
  throw new Error(`Environment variables: ${parsed.error.issues.map((issue) => describeIssue(issue)).join('; ')}`);
}

/** A variable that holds JSON of this schema. */
export const json = <Schema extends z.ZodType>(schema: Schema) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue('must be JSON');
        return z.NEVER;
      }
    })
    .pipe(schema);

/** The account that a function runs in, from its own ARN: `arn:aws:lambda:REGION:ACCOUNT:function:NAME`. */
export function accountOf(invokedFunctionArn: string): string {
  const account = invokedFunctionArn.split(':')[4];
  if (account === undefined || !/^\d{12}$/.test(account)) {
    throw new Error(`Not the ARN of a Lambda function: ${invokedFunctionArn}`);
  }
  return account;
}
