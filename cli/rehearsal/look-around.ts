import type { Instance } from '@aws-sdk/client-ec2';
import type { Nodegroup } from '@aws-sdk/client-eks';
import { paginateDescribeInstanceInformation } from '@aws-sdk/client-ssm';
import { isProven } from '../../functions/shared/fleet/owners.ts';
import { readRecommended } from '../../functions/shared/releases/ami-release.ts';
import { pairKey } from '../../functions/shared/releases/ami-type.ts';
import { chunks } from '../../functions/shared/runtime/chunks.ts';
import { counted } from '../../functions/shared/text/counted.ts';
import { answered, type Finding, type Ground, open, trouble } from './ground.ts';

/** The release of each node group, Amazon's recommendation, and the proposal of mode observe. */
export async function lookAtGroups({ clients, groups, unread }: Ground): Promise<Finding[]> {
  const pairs = groups.flatMap(({ version, amiType }) =>
    version === undefined || amiType === undefined || amiType === 'CUSTOM'
      ? []
      : [{ kubernetesVersion: version, amiType }],
  );
  const recommended = await readRecommended(clients.ssm, clients.ec2, pairs);
  const found = groups.map((group): Finding => {
    const { nodegroupName: name = '', status = '', releaseVersion = '', amiType = '', version = '' } = group;
    const traits = traitsOf(group);
    const say = (kind: (text: string) => Finding, text: string) =>
      kind(`${name} (${[status, amiType, `runs ${releaseVersion}`, ...traits].join(', ')}): ${text}`);
    if (amiType === 'CUSTOM') return say(answered, 'has a custom AMI: its owner moves it');
    const release = recommended.get(pairKey({ kubernetesVersion: version, amiType }));
    switch (release?.kind) {
      case 'release':
        return release.releaseVersion === releaseVersion
          ? say(answered, 'runs what Amazon recommends')
          : say(answered, `would be moved to ${release.releaseVersion}, once that has baked and a window is open`);
      case 'unreadable':
        return say(trouble, `the public parameter cannot be read: ${release.error}`);
      case 'missing':
        return say(trouble, 'Amazon publishes no parameter for it here');
      default:
        return say(trouble, 'its AMI type is not known to this version');
    }
  });
  return [...found, ...unread.map((text) => trouble(text))];
}

const traitsOf = ({ launchTemplate, nodeRepairConfig, health }: Nodegroup): string[] => [
  ...(launchTemplate === undefined ? [] : [`launch template ${launchTemplate.id ?? launchTemplate.name}`]),
  ...(nodeRepairConfig?.enabled === true ? ['node repair on'] : []),
  ...(health?.issues ?? []).map(({ code }) => `issue ${code}`),
];

/** Whether each worker is proven to be one, the status of its agent, and how it could be reached. */
export async function lookAtWorkers({ clients, instances, unreadInstances, identities }: Ground): Promise<Finding[]> {
  if (unreadInstances !== undefined)
    return [
      trouble(
        `its instances cannot be read: ${unreadInstances}. Give these credentials ec2:DescribeInstances; what follows was asked without an instance`,
      ),
    ];
  const pings = new Map<string, string>();
  // The filter InstanceIds takes at most a hundred values, and a page has fifty agents, without a size only ten.
  for (const Values of chunks(
    instances.flatMap(({ InstanceId }) => InstanceId ?? []),
    50,
  )) {
    const asked = { Filters: [{ Key: 'InstanceIds', Values: [...Values] }] };
    for await (const page of paginateDescribeInstanceInformation({ client: clients.ssm, pageSize: 50 }, asked))
      for (const { InstanceId = '', PingStatus = '' } of page.InstanceInformationList ?? [])
        pings.set(InstanceId, PingStatus);
  }
  return instances.map((instance): Finding => {
    const { InstanceId: id = '', State } = instance;
    const identity = identities.get(id);
    const proof = isProven(identity?.owner) ? 'proven to be a worker' : 'only its tags say that it is a worker';
    const place = identity?.worker.nodegroup ?? identity?.worker.ownership ?? 'nobody';
    const traits = [
      State?.Name ?? 'unknown',
      proof,
      `SSM agent ${pings.get(id) ?? 'not registered'}`,
      ...publicIn(instance),
      ...(instance.MetadataOptions?.HttpTokens === 'optional' ? ['its metadata service takes version 1'] : []),
    ];
    const isTroubled = identity?.owner.unreadable !== undefined;
    const text = `${id} of ${place}: ${traits.join(', ')}`;
    return isTroubled ? trouble(`${text}; its owner cannot be read: ${identity?.owner.unreadable}`) : answered(text);
  });
}

function publicIn({ NetworkInterfaces = [] }: Instance): string[] {
  const addresses = NetworkInterfaces.flatMap(({ PrivateIpAddresses = [], Ipv6Addresses = [] }) => [
    ...PrivateIpAddresses.flatMap(({ Association }) => Association?.PublicIp ?? []),
    ...Ipv6Addresses.flatMap(({ Ipv6Address }) => Ipv6Address ?? []),
  ]);
  return addresses.length === 0
    ? []
    : [`has ${addresses.join(', ')}: quarantine-workers would look whether it is exposed`];
}

/** The properties of the cluster that determine access. */
export function lookAtCluster({ cluster, groups, instances }: Ground): Finding[] {
  const { status, version, accessConfig, resourcesVpcConfig } = cluster;
  const mode = accessConfig?.authenticationMode ?? 'unknown';
  return [
    (status === 'ACTIVE' ? answered : trouble)(
      `${status}, Kubernetes ${version}, ${counted(groups.length, 'node group')}, ${counted(instances.length, 'worker')}`,
    ),
    (mode === 'CONFIG_MAP' ? trouble : answered)(
      `authentication mode ${mode}${mode === 'CONFIG_MAP' ? ': it takes no access entries (accessEntryClusters must leave it out)' : ''}`,
    ),
    resourcesVpcConfig?.endpointPublicAccess === true
      ? answered('its API server answers outside of the VPC: functions can reach it')
      : open('its API server answers inside the VPC only: nodes are not cordoned, nor agents installed'),
  ];
}
