import * as z from 'zod';
import { policySchema } from './policy-document.ts';

/** Where the schema of `main` lies, for the `$schema` of editors' settings. */
const ID = 'https://json-schema.org/draft/2020-12/schema';

/**
 * The JSON Schema of the policy document, as people write it: editors complete and check by it. What only the parser can
 * tell (whether a cron expression is one) it leaves to `policy check`.
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
