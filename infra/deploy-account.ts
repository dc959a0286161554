import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DescribeClusterCommand, EKSClient } from '@aws-sdk/client-eks';
import {
  GetParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { regionFrom } from '../cli/settings.ts';
import { SettingsError } from './settings.ts';

/** What the outputs of a deployed stack tell; undefined what an older version does not tell. */
export interface DeployedStack {
  readonly mode: string | undefined;
  readonly policyParameterName: string | undefined;
}

/** What a deploy asks of the account, and does in it, beside the CDK CLI. */
export interface DeployAccount {
  /** @returns undefined when the stack does not exist */
  deployedStack(stackName: string): Promise<DeployedStack | undefined>;
  /** The authentication mode of a cluster, such as `API`; undefined when the cluster does not exist. */
  authenticationMode(clusterName: string): Promise<string | undefined>;
  /** The type of a parameter, such as `String`; undefined when it does not exist. */
  parameterType(name: string): Promise<string | undefined>;
  /** Creates the policy parameter; fails where it exists. */
  putPolicy(name: string, text: string): Promise<void>;
}

/** The states of a stack that was never there. The CDK CLI deletes such a stack and begins anew. */
const NOTHING_THERE: ReadonlySet<string> = new Set([
  'ROLLBACK_COMPLETE',
  'ROLLBACK_FAILED',
  'REVIEW_IN_PROGRESS',
  'DELETE_COMPLETE',
]);

/**
 * The account and region that the CDK CLI deploys to.
 * @param profile as given to the CDK CLI, if named
 */
export function deployAccount(
  profile: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): DeployAccount {
  const region = regionFrom(env);
  const config = { ...(profile !== undefined && { profile }), ...(region !== undefined && { region }) };

  return {
    async deployedStack(stackName) {
      try {
        const { Stacks = [] } = await new CloudFormationClient(config).send(
          new DescribeStacksCommand({ StackName: stackName }),
        );
        const [stack] = Stacks;
        if (stack === undefined || NOTHING_THERE.has(stack.StackStatus ?? '')) return undefined;
        const output = (key: string) => stack.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
        return { mode: output('Mode'), policyParameterName: output('PolicyParameterName') };
      } catch (error) {
        // CloudFormation has no distinct error for a stack that does not exist.
        if (error instanceof Error && error.name === 'ValidationError' && error.message.includes('does not exist')) {
          return undefined;
        }
        throw error;
      }
    },

    async authenticationMode(name) {
      try {
        const { cluster } = await new EKSClient(config).send(new DescribeClusterCommand({ name }));
        return cluster?.accessConfig?.authenticationMode ?? 'CONFIG_MAP';
      } catch (error) {
        if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
        throw error;
      }
    },

    async parameterType(name) {
      try {
        const { Parameter } = await new SSMClient(config).send(new GetParameterCommand({ Name: name }));
        return Parameter?.Type ?? '';
      } catch (error) {
        if (error instanceof ParameterNotFound) return undefined;
        throw error;
      }
    },

    /**
     * Without `Overwrite` Systems Manager refuses where the parameter exists, even if somebody has created it a moment
     * ago.
     */
    async putPolicy(name, text) {
      const put = { Name: name, Value: text, Type: 'String', Tier: 'Intelligent-Tiering', Overwrite: false } as const;
      try {
        await new SSMClient(config).send(new PutParameterCommand(put));
      } catch (error) {
        if (!(error instanceof ParameterAlreadyExists)) throw error;
        throw new SettingsError(
          `${name} was made by somebody else just now: deploy again, and the stack goes on with it`,
        );
      }
    },
  };
}
