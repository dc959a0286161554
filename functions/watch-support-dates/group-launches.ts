import {
  type AutoScalingClient,
  type AutoScalingGroup,
  paginateDescribeAutoScalingGroups,
} from '@aws-sdk/client-auto-scaling';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { isOfEks } from '../shared/fleet/eks-group.ts';
import { embeddedIn, type UserData } from '../shared/fleet/embedded-authority.ts';
import { describeNodeGroup, listNodeGroups } from '../shared/fleet/fleet.ts';
import { readTemplateVersion } from '../shared/fleet/launch-templates.ts';
import type { Reading, Unreadable } from '../shared/fleet/reading.ts';
import { describeGroups } from '../shared/fleet/self-managed-groups.ts';
import { codeOwnerOf } from '../shared/fleet/template-owner.ts';
import { tagsOf, unmanagedGroup } from '../shared/fleet/worker.ts';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import { once } from '../shared/runtime/once.ts';
import type { Launched } from './authorities.ts';
import { readLaunchConfigurations } from './launch-configurations.ts';

/** What nodes are launched from, with what its user data embeds. The user data itself is not kept. */
export interface LaunchSource {
  readonly kind: 'template' | 'launch-configuration' | 'node-class';
  /** In words, such as `launch configuration batch`. */
  readonly name: string;
  /** Its id, with the version where it has some. */
  readonly id: string;
  /** What names it in a record. */
  readonly details: Readonly<Record<string, string | number>>;
  /** The tool that keeps the template, the group with the launch configuration, or the class as code, if known. */
  readonly codeOwner?: string;
  readonly userData: UserData;
}

/** What launches nodes and was not read, with the reason as a sentence. */
export interface UnreadSource {
  readonly kind: 'unread';
  readonly why: string;
  /** A short name of the reason, since AWS puts request ids into its messages. */
  readonly code: string;
  /** Whether the next run may read it. */
  readonly isThrottled: boolean;
}

/** Reads a version of a launch template, each once. */
export type SourceReader = (templateId: string, version: string) => Promise<LaunchSource | UnreadSource>;

export const createSourceReader = (ec2: EC2Client): SourceReader =>
  once(async (templateId: string, version: string): Promise<LaunchSource | UnreadSource> => {
    const reading = await readTemplateVersion(ec2, templateId, version);
    if (reading.kind === 'unreadable') return unread(`Launch template ${templateId}`, reading);
    if (reading.kind === 'gone') {
      return notRead(`EC2 does not show version ${version} of launch template ${templateId}.`, `gone ${templateId}`);
    }
    const { data, tags, templateName, version: number } = reading.found;
    const codeOwner = codeOwnerOf(tags);
    return {
      kind: 'template',
      name: `version ${number} of launch template ${templateName} (${templateId})`,
      id: `${templateId} ${number}`,
      details: { templateId, version: number },
      ...(codeOwner !== undefined && { codeOwner }),
      userData: embeddedIn(data.UserData ?? ''),
    };
  });

/** A group of nodes, with what it launches its next node from. */
export interface GroupLaunches {
  readonly cluster: string;
  /** Node group, `self-managed:` and the Auto Scaling group, or `ec2nodeclass:` and the EC2NodeClass. */
  readonly nodegroup: string;
  /** Empty where EKS writes the user data: then nobody but EKS can change it. */
  readonly sources: ReadonlyArray<LaunchSource | UnreadSource>;
  /** The launch configurations that members of the group were launched from, by the ids of their instances. */
  readonly launchedFrom?: ReadonlyMap<string, LaunchSource | UnreadSource>;
}

export interface LaunchClients {
  readonly autoScaling: AutoScalingClient;
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
}

/**
 * Reads what the groups of clusters launch from, by cluster: managed node groups and self-managed Auto Scaling groups,
 * those without nodes as well. EKS writes the user data of managed node groups without a launch template of their owner.
 *
 * @param onTrouble gets the error of a cluster whose groups cannot be listed; such a cluster is missing
 */
export async function readGroupLaunches(
  clients: LaunchClients,
  readSource: SourceReader,
  clusters: readonly string[],
  nodes: readonly Launched[],
  onTrouble: (error: unknown) => void,
): Promise<Map<string, readonly GroupLaunches[]>> {
  const ofCluster = async (cluster: string): Promise<Array<[string, readonly GroupLaunches[]]>> => {
    try {
      const [managed, selfManaged] = await Promise.all([
        readManaged(clients, readSource, cluster),
        readSelfManaged(clients, readSource, cluster, nodes),
      ]);
      return [[cluster, [...managed, ...selfManaged]]];
    } catch (error) {
      onTrouble(error);
      return [];
    }
  };
  return new Map((await pMap(clusters, ofCluster, { concurrency: READ_CONCURRENCY })).flat());
}

/** @throws Error where EKS does not list the node groups of the cluster */
async function readManaged(
  { eks }: LaunchClients,
  readSource: SourceReader,
  cluster: string,
): Promise<GroupLaunches[]> {
  const { nodeGroups, unreadable } = await listNodeGroups(eks, [cluster]);
  for (const { error } of unreadable.values())
    throw new Error(`EKS does not list the node groups of ${cluster}: ${error}`);
  const readGroup = async (key: (typeof nodeGroups)[number]): Promise<GroupLaunches> => {
    const reading = await describeNodeGroup(eks, key, 'tell');
    if (reading.kind === 'unreadable') return { ...key, sources: [unread('The node group', reading)] };
    const { id, version = '$Default' } = (reading.kind === 'found' ? reading.found.launchTemplate : undefined) ?? {};
    return { ...key, sources: id === undefined ? [] : [await readSource(id, version)] };
  };
  return pMap(nodeGroups, readGroup, { concurrency: READ_CONCURRENCY });
}

async function readSelfManaged(
  { autoScaling }: LaunchClients,
  readSource: SourceReader,
  cluster: string,
  nodes: readonly Launched[],
): Promise<GroupLaunches[]> {
  // A tag leads to groups without nodes. Whoever may set it gets no more than a record.
  const tagged: AutoScalingGroup[] = [];
  const asked = { Filters: [{ Name: 'tag-key', Values: [`kubernetes.io/cluster/${cluster}`] }] };
  for await (const page of paginateDescribeAutoScalingGroups({ client: autoScaling }, asked)) {
    tagged.push(...(page.AutoScalingGroups ?? []));
  }
  const known = new Set(tagged.map(({ AutoScalingGroupName }) => AutoScalingGroupName));
  const named = nodes.filter((node) => node.cluster === cluster).map((node) => unmanagedGroup(node.nodegroup));
  const others = named.flatMap((group) => (group?.kind === 'auto-scaling-group' ? [group.name] : []));
  const untagged = [...new Set(others)].filter((name) => !known.has(name));
  const groups = [...tagged, ...(await describeGroups(autoScaling, untagged))];
  const ofOwner = groups.filter((group) => !isOfEks(group));
  const configurations = await readLaunchConfigurations(autoScaling, [...new Set(ofOwner.flatMap(configurationsOf))]);
  return Promise.all(
    ofOwner.map(async (group) => {
      const sourceOf = (name: string) => configurationSource(name, group, configurations.get(name));
      const { AutoScalingGroupName, LaunchConfigurationName: next, Instances = [] } = group;
      const templates = await templatesOf(group, readSource);
      return {
        cluster,
        nodegroup: `self-managed:${AutoScalingGroupName}`,
        sources: next === undefined ? templates : [...templates, sourceOf(next)],
        launchedFrom: new Map(
          Instances.flatMap(({ InstanceId, LaunchConfigurationName: name }) =>
            InstanceId === undefined || name === undefined ? [] : [[InstanceId, sourceOf(name)]],
          ),
        ),
      };
    }),
  );
}

/** The launch configurations of a group and of its members, which may have been launched from a former one. */
const configurationsOf = ({ LaunchConfigurationName, Instances = [] }: AutoScalingGroup): string[] =>
  [LaunchConfigurationName, ...Instances.map((member) => member.LaunchConfigurationName)].filter(
    (name) => name !== undefined,
  );

function configurationSource(
  name: string,
  { Tags = [] }: AutoScalingGroup,
  reading: Reading<UserData> | undefined,
): LaunchSource | UnreadSource {
  const what = `launch configuration ${name}`;
  if (reading?.kind === 'unreadable') return unread(`Launch configuration ${name}`, reading);
  if (reading?.kind !== 'found') return notRead(`Auto Scaling does not show ${what}.`, `gone ${name}`);
  const codeOwner = codeOwnerOf(tagsOf({ Tags }));
  return {
    kind: 'launch-configuration',
    name: what,
    id: name,
    details: { launchConfiguration: name },
    ...(codeOwner !== undefined && { codeOwner }),
    userData: reading.found,
  };
}

/**
 * The launch templates that an Auto Scaling group launches from. The overrides of a mixed instances policy may have
 * their own.
 */
function templatesOf(
  { LaunchTemplate, MixedInstancesPolicy }: AutoScalingGroup,
  readSource: SourceReader,
): Promise<Array<LaunchSource | UnreadSource>> {
  const mixed = MixedInstancesPolicy?.LaunchTemplate;
  const named = [
    LaunchTemplate,
    mixed?.LaunchTemplateSpecification,
    ...(mixed?.Overrides ?? []).map(({ LaunchTemplateSpecification }) => LaunchTemplateSpecification),
  ];
  // A specification without a version means the default version (API reference, LaunchTemplateSpecification).
  const templates = named.flatMap((one) =>
    one?.LaunchTemplateId === undefined ? [] : [{ id: one.LaunchTemplateId, version: one.Version ?? '$Default' }],
  );
  return Promise.all(new Set(templates.map(({ id, version }) => readSource(id, version))));
}

const unread = (what: string, { error, code, isThrottled }: Unreadable): UnreadSource => ({
  kind: 'unread',
  why: `${what} cannot be read: ${error}`,
  code,
  isThrottled,
});

const notRead = (why: string, code: string): UnreadSource => ({ kind: 'unread', why, code, isThrottled: false });
