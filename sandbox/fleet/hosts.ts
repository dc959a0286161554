import { createHash } from 'node:crypto';
import type { EksCluster } from '../account/eks/cluster.ts';
import type { NodeHosts } from '../account/eks/node-group.ts';
import { AGENT_RIGHTS } from '../account/iam/managed-policies.ts';
import { trustOf } from '../account/iam/state.ts';
import { LATEST_AGENT_VERSION } from '../account/ssm/agents.ts';
import { seedExposure } from './exposure.ts';
import { addSubnets, wayOutOf } from './networks.ts';
import type { ExposureFile } from './schema-exposure.ts';
import type { NetworkFile } from './schema-network.ts';
import type { SsmFile } from './schema-ssm.ts';
import type { FleetState } from './state.ts';

/** A version that supports Default Host Management, but is long out of date. */
const OLD_AGENT_VERSION = '3.2.1705.0';
const LONGEST_ROLE_NAME = 64;

/** The subnets and common properties of a group's nodes. */
export interface SeededHosts {
  readonly hosts: NodeHosts;
  readonly subnets: EksCluster['subnets'];
  readonly roleArn: string;
}

export interface GroupOfHosts {
  /** The group's part in the names of its role and subnets. */
  readonly group: string;
  readonly exposure: ExposureFile;
  readonly instanceProfile: string;
}

/** Creates the role, the instance profile and the subnets of a group of nodes. */
export function seedHosts(
  state: FleetState,
  cluster: EksCluster,
  clusterNetwork: NetworkFile,
  ssm: SsmFile,
  { group, instanceProfile, exposure: exposureFile }: GroupOfHosts,
): SeededHosts {
  const { iam, networks, world } = state;
  const roleName = shortened(`${cluster.name}-${group}-node`);
  const aws = (policy: string) => `arn:${world.partition}:iam::aws:policy/${policy}`;
  const role = iam.addRole({
    name: roleName,
    trustPolicy: trustOf('ec2.amazonaws.com'),
    attached: [
      aws('AmazonEKSWorkerNodePolicy'),
      aws('AmazonEC2ContainerRegistryPullOnly'),
      aws('AmazonEKS_CNI_Policy'),
      ...(ssm.managedPolicy ? [aws('AmazonSSMManagedInstanceCore')] : []),
      ...(ssm.otherPolicy === 'AmazonEC2RoleforSSM' ? [aws('service-role/AmazonEC2RoleforSSM')] : []),
      ...(ssm.otherPolicy === 'customer-managed' ? [iam.addPolicy(`${roleName}-agent`, AGENT_RIGHTS)] : []),
    ],
    inline: { ...(ssm.otherPolicy === 'inline' && { agent: AGENT_RIGHTS }), ...ssm.role?.policies },
    ...(ssm.role?.boundary !== undefined && {
      boundary: iam.addPolicy(`${roleName}-boundary`, ssm.role.boundary),
    }),
  });
  if (ssm.instanceProfile) iam.addInstanceProfile(instanceProfile, roleName);
  const wayOut = ssm.network ?? wayOutOf(clusterNetwork);
  const random = world.random.fork(`subnets of ${cluster.name} ${group}`);
  const subnets =
    wayOut === wayOutOf(clusterNetwork)
      ? cluster.subnets
      : cluster.subnets.map(({ availabilityZone }) => ({ id: `subnet-0${random.hex(16)}`, availabilityZone }));
  if (subnets !== cluster.subnets) addSubnets(networks, cluster.vpcId, subnets, { wayOut, network: clusterNetwork });
  const { updateFails, times, updateUndoneAfterHours, script, host } = ssm.commands;
  const exposure = seedExposure(state, cluster, exposureFile, true);
  return {
    hosts: exposure.apply({
      agent: {
        agent: ssm.agent,
        version: ssm.version ?? (ssm.latest ? LATEST_AGENT_VERSION : OLD_AGENT_VERSION),
        registersAfterSeconds: ssm.registersAfterSeconds,
        latestIsTold: ssm.latestIsTold,
      },
      commands: {
        updateFailure: updateFails === undefined ? undefined : { outcome: updateFails, times },
        ...(updateUndoneAfterHours !== undefined && { updateUndoneAfterMs: updateUndoneAfterHours * 3_600_000 }),
        script,
        host,
      },
      instanceProfile: ssm.instanceProfile ? instanceProfile : undefined,
      metadataEndpoint: ssm.imds,
      metadataTokens: ssm.imdsTokens,
      ...(ssm.imdsHopLimit !== undefined && { metadataHopLimit: ssm.imdsHopLimit }),
      publicAddress: wayOut === 'internet' ? 'automatic' : 'none',
      ipv6: false,
      cniInterfaces: [],
      securityGroupIds: [cluster.securityGroupId],
    }),
    subnets: exposure.subnets ?? subnets,
    roleArn: role.arn,
  };
}

/** IAM limits names to 64 characters. A longer name keeps its beginning and stays unique. */
function shortened(name: string): string {
  if (name.length <= LONGEST_ROLE_NAME) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, LONGEST_ROLE_NAME - digest.length - 1)}-${digest}`;
}
