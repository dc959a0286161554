import type {
  DescribeInstanceInformationCommandInput,
  DescribeInstanceInformationCommandOutput,
  InstanceInformation,
} from '@aws-sdk/client-ssm';
import { AwsError, NotImplemented } from '../wire/aws-error.ts';
import type { Instance, Instances } from './ec2-instances.ts';
import { byText, pageOf } from './pagination.ts';
import type { World } from './world.ts';

const AGENT_VERSION = '3.3.4624.0';
const PING_INTERVAL_MS = 300_000;
const CONNECTION_LOST_FOR_MS = 3_600_000;
const PAGE_SIZES = { least: 5, most: 50 };

/** DescribeInstanceInformation: the instances whose agent has answered by now. */
export function describeInstanceInformation(
  world: World,
  instances: Instances,
  input: DescribeInstanceInformationCommandInput,
): Omit<DescribeInstanceInformationCommandOutput, '$metadata'> {
  const { MaxResults = PAGE_SIZES.most } = input;
  if (MaxResults < PAGE_SIZES.least || MaxResults > PAGE_SIZES.most) {
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value '${MaxResults}' at 'maxResults' failed to satisfy constraint: Member must have value between ${PAGE_SIZES.least} and ${PAGE_SIZES.most}`,
    );
  }
  const now = world.time.now;
  const id = (instance: Instance) => instance.id;
  const known = instances
    .list()
    .filter(({ agent, agentRegistersAt }) => agent !== 'Unregistered' && agentRegistersAt <= now)
    .filter(({ state }) => state === 'running' || state === 'shutting-down')
    .filter((instance) => (input.Filters ?? []).every((filter) => matches(instance, filter)));
  const { items, nextToken } = pageOf(known.sort(byText(id)), id, MaxResults, input.NextToken, () => {
    return new AwsError('InvalidNextToken', 'The specified token is not valid.');
  });
  return { InstanceInformationList: items.map((instance) => describe(instance, now)), NextToken: nextToken };
}

function matches(
  instance: Instance,
  { Key = '', Values = [] }: NonNullable<DescribeInstanceInformationCommandInput['Filters']>[number],
): boolean {
  if (Key === 'InstanceIds') return Values.includes(instance.id);
  if (Key === 'PingStatus') return Values.includes(instance.agent);
  throw new NotImplemented(`the filter ${Key} of DescribeInstanceInformation`);
}

function describe(instance: Instance, now: number): InstanceInformation {
  const sinceRegistration = now - instance.agentRegistersAt;
  const silentFor =
    instance.agent === 'Online'
      ? sinceRegistration % PING_INTERVAL_MS
      : Math.min(sinceRegistration, CONNECTION_LOST_FOR_MS);
  return {
    InstanceId: instance.id,
    PingStatus: instance.agent === 'Online' ? 'Online' : 'ConnectionLost',
    LastPingDateTime: new Date(now - silentFor),
    AgentVersion: AGENT_VERSION,
    IsLatestVersion: true,
    PlatformType: instance.windows ? 'Windows' : 'Linux',
    PlatformName: instance.platformName,
    IamRole: instance.roleName,
    RegistrationDate: new Date(instance.agentRegistersAt),
    ResourceType: 'EC2Instance',
    IPAddress: instance.privateIp,
    ComputerName: instance.privateDnsName,
  };
}
