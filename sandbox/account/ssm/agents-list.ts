import type {
  DescribeInstanceInformationCommandInput,
  DescribeInstanceInformationCommandOutput,
  InstanceInformation,
} from '@aws-sdk/client-ssm';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { agentPlatform } from '../eks/node-os.ts';
import { byText, pageOf } from '../pagination.ts';
import type { World } from '../world.ts';
import { type Agent, type AgentRights, LATEST_AGENT_VERSION, type SsmAgents } from './agents.ts';

const PING_INTERVAL_MS = 300_000;
/** API reference, DescribeInstanceInformation: "The default value is 10 items." */
const PAGE_SIZES = { least: 5, most: 50, usual: 10 };
/** API reference, `InstanceInformationFilterValueSet`: 1 to 100 items. */
const MAX_FILTER_VALUES = 100;

type Filter = NonNullable<DescribeInstanceInformationCommandInput['Filters']>[number];

/** DescribeInstanceInformation: the instances whose agent has ever registered. */
export function describeInstanceInformation(
  world: World,
  agents: SsmAgents,
  input: DescribeInstanceInformationCommandInput,
): Omit<DescribeInstanceInformationCommandOutput, '$metadata'> {
  const { MaxResults = PAGE_SIZES.usual, Filters = [] } = input;
  if (MaxResults < PAGE_SIZES.least || MaxResults > PAGE_SIZES.most) {
    const bound = `Member must have value between ${PAGE_SIZES.least} and ${PAGE_SIZES.most}`;
    throw invalid(String(MaxResults), 'maxResults', bound);
  }
  for (const [index, { Values = [] }] of Filters.entries()) {
    if (Values.length >= 1 && Values.length <= MAX_FILTER_VALUES) continue;
    const bound = Values.length < 1 ? 'greater than or equal to 1' : `less than or equal to ${MAX_FILTER_VALUES}`;
    throw invalid(`[${Values.join(', ')}]`, `filters.${index + 1}.member.values`, `Member must have length ${bound}`);
  }
  const tests = Filters.map(testOf);
  const id = ({ instance }: Agent) => instance.id;
  const found = agents.registered().filter((agent) => tests.every((test) => test(agent)));
  const { items, nextToken } = pageOf(found.sort(byText(id)), id, MaxResults, input.NextToken, () => {
    return new AwsError('InvalidNextToken', 'The specified token is not valid.');
  });
  return {
    InstanceInformationList: items.map((agent) => describe(agent, agents.rightsOf(agent), world.time.now)),
    NextToken: nextToken,
  };
}

const invalid = (value: string, at: string, constraint: string): AwsError =>
  new AwsError(
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${at}' failed to satisfy constraint: ${constraint}`,
  );

const fields: Readonly<Record<string, (agent: Agent) => string | undefined>> = {
  InstanceIds: ({ instance }) => instance.id,
  PingStatus: ({ pingStatus }) => pingStatus,
  AgentVersion: ({ version }) => version,
  PlatformTypes: ({ instance }) => agentPlatform(instance.osImage).type,
  ResourceType: () => 'EC2Instance',
  SourceTypes: () => 'AWS::EC2::Instance',
  SourceIds: ({ instance }) => instance.id,
};
const otherKeys: ReadonlySet<string> = new Set(['ActivationIds', 'AssociationStatus', 'IamRole']);

function testOf({ Key = '', Values: values = [] }: Filter): (agent: Agent) => boolean {
  const wanted = new Set(values);
  if (Key.startsWith('tag:')) return ({ instance }) => wanted.has(instance.tags.get(Key.slice(4)) ?? '');
  if (Key === 'tag-key') return ({ instance }) => values.some((key) => instance.tags.has(key));
  const field = Object.hasOwn(fields, Key) ? fields[Key] : undefined;
  if (field !== undefined) return (agent) => wanted.has(field(agent) ?? '');
  if (otherKeys.has(Key)) throw new NotImplemented(`the filter ${Key} of DescribeInstanceInformation`);
  throw new AwsError('InvalidFilterKey', `The specified filter key ${Key} is not valid.`);
}

function describe(
  { instance, version, registeredAt = 0, lostAt = registeredAt, pingStatus }: Agent,
  rights: AgentRights | undefined,
  now: number,
): InstanceInformation {
  const sinceRegistration = now - registeredAt;
  const silentFor = pingStatus === 'Online' ? sinceRegistration % PING_INTERVAL_MS : now - lostAt;
  const platform = agentPlatform(instance.osImage);
  return {
    InstanceId: instance.id,
    PingStatus: pingStatus,
    LastPingDateTime: new Date(now - silentFor),
    AgentVersion: version,
    IsLatestVersion: version === LATEST_AGENT_VERSION && instance.agent.latestIsTold !== false,
    PlatformType: platform.type,
    PlatformName: platform.name,
    PlatformVersion: platform.version,
    // Only returned where it is not the instance's own.
    IamRole: rights?.source === 'default-host-management' ? rights.roleName : undefined,
    ResourceType: 'EC2Instance',
    IPAddress: instance.privateIp,
    ComputerName: instance.privateDnsName,
    SourceId: instance.id,
    SourceType: 'AWS::EC2::Instance',
  };
}
