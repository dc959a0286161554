import * as z from 'zod';
import { describeIssue } from '../runtime/issue.ts';
import { safeParse } from '../runtime/safe-parse.ts';
import { whyNotJson } from '../text/not-json.ts';
import { lostNames } from './lost-names.ts';
import type { Mode } from './mode.ts';
import type { Override } from './override.ts';
import { contradictions, loosenings, overridesSchema } from './overrides.ts';
import { scope } from './scope-section.ts';

/** Sections of the policy document by name, each with its schema for the stage's default mode. */
export type Sections = Readonly<Record<string, (defaultMode: Mode) => z.ZodType>>;

/** The settings that apply to every function. */
const shared = {
  killSwitch: z.boolean().default(false).describe('true: nothing acts, in any remediation.'),
  scope: scope.prefault({}),
};

/** The policy as a function reads it: the shared settings and these sections. All durations are in milliseconds. */
export type PolicyWith<Read extends Sections> = Readonly<z.infer<z.ZodObject<typeof shared>>> & {
  readonly [Name in keyof Read]: z.infer<ReturnType<Read[Name]>>;
} & {
  readonly overrides?: readonly Override[] | undefined;
  /** The names of the overrides that apply at a place; absent in the document itself, or where none applies. */
  readonly decidedBy?: readonly string[];
  /** The version of the parameter that holds the document; absent where the document comes from elsewhere. */
  readonly version?: number;
};

/** The part of the policy that says what may be acted upon at all. */
export type Scope = z.infer<typeof scope>;

/** A policy that could not be read. Nothing may act under it. */
export interface InvalidPolicy {
  /** Names each field that is wrong, and the fix. */
  readonly error: string;
}

export const isInvalid = (policy: object | InvalidPolicy): policy is InvalidPolicy => 'error' in policy;

/**
 * The schema of the policy document. An empty document, `{}`, is valid. Unknown keys are refused, so that a misspelt
 * guard is never silently absent.
 *
 * @param read the sections to validate
 * @param names of all sections; the functions that use the other sections validate them
 */
export function policySchema<const Read extends Sections>(
  defaultMode: Mode,
  read: Read,
  names: readonly string[] = [],
): z.ZodType<PolicyWith<Read>> {
  const others = names.filter((name) => !Object.hasOwn(read, name));
  const unread = others.map((name) => [name, z.unknown().optional()]);
  const sections = Object.fromEntries(Object.entries(read).map(([name, schema]) => [name, schema(defaultMode)]));
  const defaulted = Object.entries(sections).map(([name, schema]) => [name, schema.prefault({})]);
  const whole = z
    .strictObject({
      ...shared,
      ...Object.fromEntries([...unread, ...defaulted]),
      overrides: overridesSchema(sections, others),
    })
    .superRefine((document, context) => {
      const { overrides = [] } = document as { readonly overrides?: readonly Override[] };
      for (const [index, override] of overrides.entries()) {
        for (const { path, message } of [
          ...loosenings(override, document, sections),
          ...contradictions(override, document, sections),
        ]) {
          context.addIssue({ code: 'custom', path: ['overrides', index, ...path], message });
        }
      }
    });
  // TypeScript cannot infer an object's type from a list of named schemas.
  return whole as unknown as z.ZodType<PolicyWith<Read>>;
}

/** Parses a policy document. It never throws: the result says what is wrong. */
export function parseDocument<Policy extends object>(text: string, schema: z.ZodType<Policy>): Policy | InvalidPolicy {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return { error: `The policy is not JSON: ${whyNotJson(text, error)}` };
  }
  // A policy is parsed once for each change of it, which is not worth the code that zod writes for the next time.
  const parsed = safeParse(schema, document, { jitless: true });
  const { issues = [] } = parsed.error ?? {};
  const faults = [
    ...lostNames(document, issues),
    ...issues.map((issue) => describeIssue(issue, { schema, input: document })),
  ];
  return parsed.success && faults.length === 0 ? parsed.data : { error: `The policy is invalid: ${faults.join('; ')}` };
}
