import type { Instance } from '@aws-sdk/client-ec2';
import type { Host } from '../shared/fleet/hosts.ts';
import { ownerOf } from '../shared/fleet/worker.ts';
import type { Member } from './group-hosts.ts';

/** An instance of a managed node group that has joined, with some tags changed. A tag that is undefined is left out. */
export function instanceWith(changes: Readonly<Record<string, string | undefined>> = {}, InstanceId = 'i-1'): Instance {
  const tags = {
    'aws:eks:cluster-name': 'shop',
    'eks:cluster-name': 'shop',
    'eks:nodegroup-name': 'web',
    'aws:autoscaling:groupName': 'eks-web-0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f',
    ...changes,
  };
  const Tags = Object.entries(tags).flatMap(([Key, Value]) => (Value === undefined ? [] : [{ Key, Value }]));
  return { InstanceId, Tags };
}

export const hostWith = (changes: Partial<Host> = {}, instance: Instance = instanceWith()): Host => {
  const owner = ownerOf(instance);
  return {
    ...(owner !== undefined && { owner }),
    launchedAt: Date.parse('2026-07-20T00:00:00Z'),
    imageId: 'ami-1',
    name: 'amazon-eks-node-al2023-x86_64-standard-1.34-v20260714',
    system: { os: 'Amazon Linux 2023', containerOptimized: false, release: 'v20260714' },
    createdAt: Date.parse('2026-07-14T00:00:00Z'),
    isDeprecated: false,
    isAllowed: true,
    ...changes,
  };
};

export const memberWith = (host: Partial<Host> = {}, member: Partial<Member> = {}): Member => ({
  instanceId: 'i-1',
  cluster: 'shop',
  kind: 'managed',
  nodegroup: 'web',
  host: hostWith(host),
  ...member,
});
