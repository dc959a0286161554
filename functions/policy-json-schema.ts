import * as z from 'zod';
import { policySchema } from './policy-document.ts';

/** The `$schema` for editors. */
const ID = 'https://json-schema.org/draft/2020-12/schema';

/**
 * The JSON Schema of the policy document as people write it, with which editors complete and check. What only the
 * parser can check (such as cron expressions) is left to `policy check`.
 */
export function policyJsonSchema(): Readonly<Record<string, unknown>> {
  const { $schema: _, ...schema } = z.toJSONSchema(policySchema('enforce'), { io: 'input', unrepresentable: 'any' });
  return {
    $schema: ID,
    title: 'Policy of EKS Host Remediator',
    description: 'Checked in full by: eks-host-remediator policy check FILE',
    ...schema,
  };
}
