import type * as z from 'zod';
import { REMEDIATIONS } from './remediations.ts';
import type { Remediation } from './shared/declaration/remediation.ts';
import type { Mode } from './shared/policy/mode.ts';
import {
  type InvalidPolicy,
  type PolicyWith,
  parseDocument,
  type Sections,
  policySchema as schemaOf,
} from './shared/policy/policy.ts';

/**
 * The whole policy document: each function's own section, and the shared settings. Functions read only their part of
 * it; the command line, documentation and tests read everything.
 */

type Declared = Extract<(typeof REMEDIATIONS)[number], { readonly policy: object }>['policy'];
type SectionsOf<Each> = Each extends { readonly section: infer Name extends string; readonly reads: infer Read }
  ? { readonly [Own in Name & keyof Read]: Read[Own] }
  : never;
type Intersected<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void
  ? All
  : never;
type AllSections = Intersected<SectionsOf<Declared>> extends infer All extends Sections ? All : never;

export type Policy = PolicyWith<AllSections>;

/** The schemas of all sections, by name. */
export const policySections = Object.fromEntries(
  REMEDIATIONS.flatMap(({ policy }: Remediation) =>
    policy?.section === undefined ? [] : [[policy.section, policy.reads[policy.section]]],
  ),
) as AllSections;

/** @param defaultMode the stage's default, set at deployment */
export const policySchema = (defaultMode: Mode): z.ZodType<Policy> => schemaOf(defaultMode, policySections);

const schemas = new Map<Mode, z.ZodType<Policy>>();

/** Parses a policy document. It never throws: the result says what is wrong. */
export function parsePolicy(text: string, defaultMode: Mode): Policy | InvalidPolicy {
  const schema = schemas.get(defaultMode) ?? policySchema(defaultMode);
  schemas.set(defaultMode, schema);
  return parseDocument(text, schema);
}
