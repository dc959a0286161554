import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import * as z from 'zod';
import { mode } from '../functions/shared/policy/mode.ts';
import type { Clients } from './clients.ts';
import { UsageError } from './usage-error.ts';

const outputs = z.object({
  /** The log group with all records. */
  LogGroupName: z.string(),
  /** The log group of functions that the first one invokes; absent in stacks of earlier versions. */
  FedLogGroupName: z.string().optional(),
  /** The stack's own event bus. */
  EventBusName: z.string(),
  LedgerTableName: z.string(),
  PolicyParameterName: z.string(),
  /** The mode unless the policy says otherwise; absent in stacks of earlier versions. */
  Mode: mode.optional(),
  /** The settings that give functions rights, such as `imageRights=off`; absent in stacks of earlier versions. */
  Rights: z.string().optional(),
});

/** The parts of a deployed stack. */
export interface StackOutputs extends z.infer<typeof outputs> {
  readonly stackName: string;
  readonly region: string;
}

/**
 * Finds the stack's parts by its outputs.
 * @throws UsageError when the stack does not exist, or is not a remediator
 */
export async function readStackOutputs({ cloudFormation }: Clients, stackName: string): Promise<StackOutputs> {
  const region = await cloudFormation.config.region();
  const describe = new DescribeStacksCommand({ StackName: stackName });
  const { Stacks: [stack] = [] } = await cloudFormation.send(describe).catch((error: Error) => {
    // CloudFormation has no distinct error for this.
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
