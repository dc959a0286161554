import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import * as z from 'zod';
import { mode } from '../functions/shared/policy/mode.ts';
import type { Clients } from './clients.ts';
import { UsageError } from './usage-error.ts';

const outputs = z.object({
  /** The log group with all records. */
  LogGroupName: z.string(),
  /** That of the functions which the first one feeds; a stack of an earlier version has none. */
  FedLogGroupName: z.string().optional(),
  /** The stack's own event bus. */
  EventBusName: z.string(),
  LedgerTableName: z.string(),
  PolicyParameterName: z.string(),
  /** What remediations do unless the policy says otherwise; a stack of an earlier version does not say. */
  Mode: mode.optional(),
});

/** Where a deployed stack has its parts. */
export interface StackOutputs extends z.infer<typeof outputs> {
  readonly stackName: string;
  readonly region: string;
}

/**
 * Finds the stack's parts by its outputs.
 * @throws UsageError when there is no such stack, or it is none of ours
 */
export async function readStackOutputs({ cloudFormation }: Clients, stackName: string): Promise<StackOutputs> {
  const region = await cloudFormation.config.region();
  const describe = new DescribeStacksCommand({ StackName: stackName });
  const { Stacks: [stack] = [] } = await cloudFormation.send(describe).catch((error: Error) => {
    // CloudFormation has no error of its own for this.
    if (error.name !== 'ValidationError' || !error.message.includes('does not exist')) throw error;
    throw new UsageError(
      `--stack: there is no stack ${stackName} in ${region}; name the stack with --stack, its region with --region`,
    );
  });
  const given = Object.fromEntries(
    (stack?.Outputs ?? []).map(({ OutputKey = '', OutputValue }) => [OutputKey, OutputValue]),
  );
  const parsed = outputs.safeParse(given);
  if (parsed.success) return { ...parsed.data, stackName, region };
  const missing = parsed.error.issues.map(({ path }) => path.join('.')).join(', ');
  throw new UsageError(
    `--stack: ${stackName} has no output ${missing}; is it EKS Host Remediator, of this version? (npm run deploy)`,
  );
}
