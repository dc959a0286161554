import {
  DescribeCluster$,
  type DescribeClusterCommandInput,
  type DescribeClusterCommandOutput,
  DescribeNodegroup$,
  type DescribeNodegroupCommandInput,
  type DescribeNodegroupCommandOutput,
  DescribeUpdate$,
  type DescribeUpdateCommandInput,
  type DescribeUpdateCommandOutput,
  ListClusters$,
  type ListClustersCommandInput,
  type ListClustersCommandOutput,
  ListNodegroups$,
  type ListNodegroupsCommandInput,
  type ListNodegroupsCommandOutput,
  ListUpdates$,
  type ListUpdatesCommandInput,
  type ListUpdatesCommandOutput,
  UpdateNodegroupVersion$,
  type UpdateNodegroupVersionCommandInput,
  type UpdateNodegroupVersionCommandOutput,
} from '@aws-sdk/client-eks';
import { type Caller, operation, type Permission, type Service } from '../service.ts';
import type { World } from '../world.ts';
import type { AccessEntries } from './access-entries.ts';
import { accessEntryOperations } from './access-entries-operations.ts';
import { certificateAuthorityOperations } from './certificate-authorities-operations.ts';
import { clusterVersionOperations } from './cluster-versions-operations.ts';
import { describeCluster, describeNodeGroup } from './descriptions.ts';
import { fargateOperations } from './fargate-operations.ts';
import { insightOperations } from './insights-operations.ts';
import { launchPermissions } from './launch-permissions.ts';
import { pageOfNames } from './pages.ts';
import type { EksState } from './state.ts';
import type { NodeGroupUpdates } from './update-node-group.ts';

/**
 * Amazon EKS, limited to clusters, their upgrade insights, access entries, managed node groups and their version
 * updates.
 */
export function createEks(
  world: World,
  state: EksState,
  updates: NodeGroupUpdates,
  accessEntries: AccessEntries,
  isAllowed: (caller: Caller, permission: Permission) => boolean,
): Service {
  const clusterArn = (name: string | undefined) =>
    `arn:${world.partition}:eks:${world.region}:${world.accountId}:cluster/${name}`;
  const onCluster =
    (action: string) =>
    ({ name }: { name?: string | undefined }): Permission[] => [
      { action: `eks:${action}`, resource: clusterArn(name) },
    ];
  const onNodeGroup =
    (action: string) =>
    ({ clusterName, nodegroupName }: NodeGroupName): Permission[] => [
      { action: `eks:${action}`, resource: nodeGroupArn(world, state, clusterName, nodegroupName) },
    ];
  // IAM always evaluates the cluster, and also the node group where one is named.
  const onUpdates =
    (action: string) =>
    ({ name, nodegroupName }: { name: string | undefined; nodegroupName?: string | undefined }): Permission[] => [
      { action: `eks:${action}`, resource: clusterArn(name) },
      ...(nodegroupName === undefined
        ? []
        : [{ action: `eks:${action}`, resource: nodeGroupArn(world, state, name, nodegroupName) }]),
    ];

  return {
    signingName: 'eks',
    iamPrefix: 'eks',
    protocol: 'rest-json',
    operations: state.troubles.around({
      ListClusters: operation<ListClustersCommandInput, ListClustersCommandOutput>(
        ListClusters$,
        ['maxResults', 'nextToken'],
        (input) => {
          const { items, nextToken } = pageOfNames([...state.clusters.keys()], input);
          return { clusters: items, nextToken };
        },
      ),
      DescribeCluster: operation<DescribeClusterCommandInput, DescribeClusterCommandOutput>(
        DescribeCluster$,
        ['name'],
        ({ name }, { caller }) => {
          const cluster = state.cluster(name);
          // Functions use the sandbox's own network, in which no port of this machine exists.
          return {
            cluster: describeCluster(world, cluster, caller.invocationId === undefined ? cluster.served : undefined),
          };
        },
        onCluster('DescribeCluster'),
      ),
      ListNodegroups: operation<ListNodegroupsCommandInput, ListNodegroupsCommandOutput>(
        ListNodegroups$,
        ['clusterName', 'maxResults', 'nextToken'],
        (input) => {
          const names = state.nodeGroupsOf(state.cluster(input.clusterName).name).map(({ name }) => name);
          const { items, nextToken } = pageOfNames(names, input);
          return { nodegroups: items, nextToken };
        },
        ({ clusterName }) => [{ action: 'eks:ListNodegroups', resource: clusterArn(clusterName) }],
      ),
      DescribeNodegroup: operation<DescribeNodegroupCommandInput, DescribeNodegroupCommandOutput>(
        DescribeNodegroup$,
        ['clusterName', 'nodegroupName'],
        (input) => ({ nodegroup: describeNodeGroup(state.nodeGroup(input.clusterName, input.nodegroupName)) }),
        onNodeGroup('DescribeNodegroup'),
      ),
      UpdateNodegroupVersion: operation<UpdateNodegroupVersionCommandInput, UpdateNodegroupVersionCommandOutput>(
        UpdateNodegroupVersion$,
        ['clusterName', 'nodegroupName', 'version', 'releaseVersion', 'launchTemplate', 'force', 'clientRequestToken'],
        (input, { caller }) => ({
          update: { ...updates.start(input, (permission) => isAllowed(caller, permission)) },
        }),
        (input) => {
          const group = state.findNodeGroup(input.clusterName ?? '', input.nodegroupName ?? '');
          return [
            ...onNodeGroup('UpdateNodegroupVersion')(input),
            ...(group === undefined ? [] : launchPermissions(world, group)),
          ];
        },
      ),
      ListUpdates: operation<ListUpdatesCommandInput, ListUpdatesCommandOutput>(
        ListUpdates$,
        ['name', 'nodegroupName', 'maxResults', 'nextToken'],
        (input) => {
          const clusterName = existing(state, input.name, input.nodegroupName);
          const ids = state.updatesOf(clusterName, input.nodegroupName).map(({ id }) => id);
          const { items, nextToken } = pageOfNames(ids, input);
          return { updateIds: items, nextToken };
        },
        onUpdates('ListUpdates'),
      ),
      DescribeUpdate: operation<DescribeUpdateCommandInput, DescribeUpdateCommandOutput>(
        DescribeUpdate$,
        ['name', 'nodegroupName', 'updateId'],
        (input) => {
          const clusterName = existing(state, input.name, input.nodegroupName);
          return { update: { ...state.update(clusterName, input.nodegroupName, input.updateId) } };
        },
        onUpdates('DescribeUpdate'),
      ),
      ...insightOperations(world, state, clusterArn),
      ...certificateAuthorityOperations(world, state, clusterArn),
      ...clusterVersionOperations(world, state),
      ...fargateOperations(state, clusterArn),
      ...accessEntryOperations(state, accessEntries, clusterArn),
    }),
  };
}

interface NodeGroupName {
  readonly clusterName: string | undefined;
  readonly nodegroupName: string | undefined;
}

/** The ARN that IAM evaluates. It ends in an id that only the group has, so a missing group gets an invented one. */
function nodeGroupArn(
  world: World,
  state: EksState,
  clusterName: string | undefined,
  nodegroupName: string | undefined,
): string {
  return (
    state.findNodeGroup(clusterName ?? '', nodegroupName ?? '')?.arn ??
    `arn:${world.partition}:eks:${world.region}:${world.accountId}:nodegroup/${clusterName}/${nodegroupName}/00000000-0000-0000-0000-000000000000`
  );
}

/** The cluster's name, if it and the named node group exist. */
function existing(state: EksState, clusterName: string | undefined, nodegroupName: string | undefined): string {
  return nodegroupName === undefined
    ? state.cluster(clusterName).name
    : state.nodeGroup(clusterName, nodegroupName).cluster.name;
}
