import type { DeployedStack } from './deploy-account.ts';
import type { Settings } from './settings.ts';
import { SettingsError } from './settings.ts';
import type { GivenSettings } from './settings-file.ts';

/** A deploy of a stack that exists. */
export interface Redeploy {
  readonly deployed: DeployedStack;
  readonly wanted: Settings;
  /** The settings of the last deploy. */
  readonly earlier: GivenSettings;
  /** The settings on the command line. */
  readonly given: Readonly<Record<string, string>>;
  readonly settingsFile: string;
}

/**
 * Decides whether a deploy takes the policy parameter out of the hands of CloudFormation, which keeps it as it is
 * (DeletionPolicy Retain). As long as the stack owns the parameter, each change of the stack's tags has CloudFormation
 * write the value of the template, the empty policy, over the one in force: its update handler calls PutParameter
 * whatever has changed. Sources: aws-cloudformation-resource-providers-ssm, UpdateHandler; aws/aws-cdk#25949. A pure
 * function.
 *
 * With `removalPolicy=destroy`, now or in the deployed template, CloudFormation would delete the parameter instead.
 */
export function isTakenOver({ wanted, earlier, given }: Redeploy): boolean {
  const isRetained = wanted.removalPolicy === 'retain' && (earlier.removalPolicy ?? 'retain') === 'retain';
  return wanted.policyParameter === 'new' && given.policyParameter === undefined && isRetained;
}

/**
 * Refuses a deploy that would exchange the policy in force for another parameter that is empty or not there: a kill
 * switch and all limits would be gone.
 *
 * @param parameterType reads the type of a parameter; undefined when it does not exist, false when nobody knows
 * @throws SettingsError with the commands that move a policy
 */
export async function checkPolicyStays(
  { deployed, wanted, settingsFile }: Redeploy,
  parameterType: (name: string) => Promise<string | false | undefined>,
): Promise<void> {
  const { stackName, policyParameterName: name, policyParameter } = wanted;
  const { policyParameterName: before } = deployed;
  if (before === undefined || before === name) return;
  if (policyParameter === 'existing' && (await parameterType(name)) !== undefined) return;
  const lines = [
    `The policy of ${stackName} is in ${before}, and ${settingsFile} with the command line says ${name}, which would begin empty. Keep the one that is there:`,
    `  -c policyParameterName=${before}`,
    'or move it first:',
    `  npx eks-host-remediator policy show --stack ${stackName} > policy.json`,
    `  aws ssm put-parameter --type String --tier Intelligent-Tiering --name ${name} --value file://policy.json`,
    `  npm run deploy -- -c policyParameterName=${name} -c policyParameter=existing`,
  ];
  throw new SettingsError(lines.join('\n'));
}
