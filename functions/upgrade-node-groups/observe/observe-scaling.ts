import { type AutoScalingClient, paginateDescribeAutoScalingGroups } from '@aws-sdk/client-auto-scaling';
import { type EC2Client, type Filter, paginateDescribeInstanceImageMetadata } from '@aws-sdk/client-ec2';
import type { Nodegroup } from '@aws-sdk/client-eks';
import pMap from 'p-map';
import { filtersOf } from '../../shared/fleet/instances.ts';
import { READ_CONCURRENCY } from '../../shared/runtime/aws-client.ts';
import { isOfAws } from '../../shared/runtime/aws-error.ts';
import { chunks } from '../../shared/runtime/chunks.ts';
import type { Node } from '../model/nodes.ts';

interface Clients {
  readonly ec2: EC2Client;
  readonly autoScaling: AutoScalingClient;
}

/** DescribeAutoScalingGroups takes and returns at most a hundred groups per call. */
const GROUPS_PER_CALL = 100;

/** DescribeInstanceImageMetadata returns at most a thousand instances per page. */
const INSTANCES_PER_PAGE = 1000;

/** What Auto Scaling says of a node group. */
interface Scaling {
  /** The nodes in service. */
  readonly nodes: readonly Node[];
  /** The processes of its Auto Scaling group that are suspended, such as `Launch`. */
  readonly suspended: readonly string[];
}

/** What Auto Scaling says of a node group; undefined where AWS could not be read. */
export type ScalingOf = (nodeGroup: Nodegroup) => Scaling | undefined;

/**
 * Reads which AMI each node in service runs, and which processes are suspended, for all node groups at once: one page per hundred groups, and one per
 * thousand instances. Auto Scaling says which nodes are in service. Members in standby, which nobody replaces, and
 * members that are starting or ending are left out. EC2 returns names of withdrawn AMIs as well
 * (DescribeInstanceImageMetadata, EC2 API reference). Nodes whose tags somebody has changed are asked for by id.
 */
export async function observeScaling(clients: Clients, nodeGroups: readonly Nodegroup[]): Promise<ScalingOf> {
  const names = nodeGroups.flatMap(scalingGroupsOf);
  if (names.length === 0) return () => ({ nodes: [], suspended: [] });
  const clusters = [...new Set(nodeGroups.flatMap(({ clusterName }) => clusterName ?? []))];
  try {
    const [groups, byTag] = await Promise.all([
      readScalingGroups(clients.autoScaling, names),
      readImages(clients.ec2, filtersOf('tag:eks:cluster-name', clusters)),
    ]);
    // Anybody may change that tag. A node without its AMI would leave its group unconfirmed for good.
    const missing = [...groups.values()].flatMap(({ members }) => members.filter((id) => !byTag.has(id)));
    const byId = await readImages(clients.ec2, filtersOf('instance-id', missing));
    const images = new Map([...byTag, ...byId]);
    return (nodeGroup) => {
      const own = scalingGroupsOf(nodeGroup).map((name) => groups.get(name));
      const read = own.filter((group) => group !== undefined);
      if (read.length < own.length) return undefined;
      return {
        nodes: read.flatMap(({ members }) => members.map((instanceId) => ({ instanceId, ...images.get(instanceId) }))),
        suspended: read.flatMap(({ suspended }) => suspended),
      };
    };
  } catch (error) {
    // No group counts as up to date without its nodes. Everything else goes on.
    if (isOfAws(error)) return () => undefined;
    throw error;
  }
}

const scalingGroupsOf = ({ resources }: Nodegroup): string[] =>
  (resources?.autoScalingGroups ?? []).flatMap(({ name }) => name ?? []);

interface ScalingGroup {
  /** The instances in service, by id. */
  readonly members: readonly string[];
  readonly suspended: readonly string[];
}

/** The Auto Scaling groups, by name. */
async function readScalingGroups(
  autoScaling: AutoScalingClient,
  names: readonly string[],
): Promise<Map<string, ScalingGroup>> {
  const read = async (AutoScalingGroupNames: string[]) => {
    const found: Array<[string, ScalingGroup]> = [];
    const config = { client: autoScaling, pageSize: GROUPS_PER_CALL };
    for await (const page of paginateDescribeAutoScalingGroups(config, { AutoScalingGroupNames })) {
      for (const { AutoScalingGroupName = '', Instances = [], SuspendedProcesses = [] } of page.AutoScalingGroups ??
        []) {
        const inService = Instances.filter(({ LifecycleState }) => LifecycleState === 'InService');
        const members = inService.flatMap(({ InstanceId }) => InstanceId ?? []);
        const suspended = SuspendedProcesses.flatMap(({ ProcessName }) => ProcessName ?? []);
        found.push([AutoScalingGroupName, { members, suspended }]);
      }
    }
    return found;
  };
  const calls = chunks([...new Set(names)], GROUPS_PER_CALL);
  return new Map((await pMap(calls, read, { concurrency: READ_CONCURRENCY })).flat());
}

/** The AMIs of the instances that match one of the filters, by instance. */
async function readImages(ec2: EC2Client, filters: readonly Filter[]): Promise<Map<string, Node>> {
  const read = async (filter: Filter) => {
    const found: Array<[string, Node]> = [];
    const config = { client: ec2, pageSize: INSTANCES_PER_PAGE };
    for await (const page of paginateDescribeInstanceImageMetadata(config, { Filters: [filter] })) {
      for (const { InstanceId = '', ImageMetadata, LaunchTime, AvailabilityZone: zone } of page.InstanceImageMetadata ??
        []) {
        const { Name: imageName, ImageId: imageId } = ImageMetadata ?? {};
        found.push([
          InstanceId,
          {
            ...(imageName !== undefined && { imageName }),
            ...(imageId !== undefined && { imageId }),
            // The launch time is the instance's, not the AMI's (EC2 API reference, InstanceImageMetadata).
            ...(LaunchTime !== undefined && { launchedAt: LaunchTime.getTime() }),
            ...(zone !== undefined && { zone }),
          },
        ]);
      }
    }
    return found;
  };
  return new Map((await pMap(filters, read, { concurrency: READ_CONCURRENCY })).flat());
}
