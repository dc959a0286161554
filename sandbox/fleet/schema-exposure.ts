import { isIPv4, isIPv6 } from 'node:net';
import { z } from 'zod';
import { size, tags, time } from './schema-values.ts';

const port = z.int().min(1).max(65_535);

/** How the Internet reaches instances, where that differs from what the network implies. */
export const exposure = z
  .strictObject({
    subnets: z
      .literal('public')
      .optional()
      .describe('In public subnets of the VPC, which give public addresses; by default in those of the group'),
    publicAddress: z
      .enum(['none', 'automatic', 'elastic'])
      .optional()
      .describe('Public IPv4 address: none, Amazon’s, or an Elastic one; by default as the subnets give them'),
    ipv6: z
      .union([z.boolean(), z.literal('primary')])
      .default(false)
      .describe('Whether it has an IPv6 address, which may be a primary one; the VPC’s subnets then have IPv6'),
    interfaces: z
      .int()
      .min(1)
      .max(4)
      .default(1)
      .describe('Network interfaces: those beside the first come by the VPC CNI, with another group for pods'),
    addresses: z
      .int()
      .min(1)
      .max(10)
      .optional()
      .describe('Private addresses of each; by default one of the first and three of the others'),
    openPorts: z
      .array(port)
      .default([])
      .describe('TCP ports that one more security group of the first interface opens to everybody'),
    openBy: z
      .enum(['cidr', 'prefix-list', 'halves'])
      .default('cidr')
      .describe('How that group names everybody: 0.0.0.0/0, a managed prefix list with it, or two halves'),
    ipv6Prefixes: z.int().min(0).max(4).default(0).describe('IPv6 prefixes of its first interface, for pods'),
    branchInterfaces: z
      .int()
      .min(0)
      .max(4)
      .default(0)
      .describe('Interfaces of pods with security groups and Elastic IPs of their own, which its first one carries'),
    sourceDestCheck: z.boolean().default(true).describe('Off: it forwards what is not meant for it, as a NAT instance'),
    denyAllIgwTraffic: z
      .boolean()
      .default(false)
      .describe('Its interfaces take no traffic of Internet gateways; only interfaces with IPv6 can be so'),
  })
  // Source: EC2 API reference, `NetworkInterface.DenyAllIgwTraffic` ("a network interface with an IPv6 address").
  .refine(({ denyAllIgwTraffic, ipv6 }) => !denyAllIgwTraffic || ipv6 !== false, {
    path: ['denyAllIgwTraffic'],
    error: 'needs ipv6',
  })
  .optional()
  .describe('How the Internet reaches them, where that differs from what the network implies');

/** EC2 instances in the cluster's VPC that are not workers of the cluster. */
export const otherInstance = z.strictObject({
  name: z.string().describe('Tag Name'),
  tags: tags.describe('Further tags, for example kubernetes.io/cluster/NAME: shared'),
  count: size.min(1).default(1).describe('So many instances'),
  at: time('When they are launched; by default they have been running').optional(),
  metadataTokens: z
    .enum(['optional', 'required'])
    .default('required')
    .describe('Whether its metadata service takes version 1, too (optional), or version 2 only'),
  roleOf: z.string().optional().describe('Managed node group whose instance profile they have; by default none'),
  exposure,
});

/**
 * A change that somebody makes to a worker during the run, or that happens to it. CloudTrail records the changes that
 * somebody makes.
 */
export const change = z
  .strictObject({
    at: time('When it is done'),
    cluster: z.string().describe('Name of the cluster'),
    nodeGroup: z.string().optional().describe('Name of the managed node group'),
    selfManagedGroup: z.string().optional().describe('Or of the self-managed group'),
    karpenterNodePool: z.string().optional().describe('Or of the node pool'),
    index: size.default(0).describe('Which of its workers then, in the order of their launch, counting from 0'),
    mayLack: z
      .boolean()
      .default(false)
      .describe('Whether nothing is changed where it has no such worker then; otherwise the run ends with an error'),
    associateAddress: z.literal(true).optional().describe('An Elastic IP address is put to its first interface'),
    authorizeIngress: z
      .strictObject({
        port: port.describe('The port'),
        cidr: z
          .string()
          .refine(isCidr, 'expected a block of addresses such as 0.0.0.0/0 or ::/0')
          .default('0.0.0.0/0')
          .describe('Who is let in'),
      })
      .optional()
      .describe('Or a TCP port is opened in the security group of the cluster’s nodes'),
    attachInterface: z
      .strictObject({
        openPorts: z.array(port).default([]).describe('TCP ports that a group of it opens to everybody'),
        vpcOf: z
          .string()
          .optional()
          .describe('Cluster in whose VPC it is, in a subnet of the same Availability Zone; by default its own'),
        associateAddress: z.boolean().default(false).describe('Whether it gets an Elastic IP address'),
      })
      .optional()
      .describe('Or one more network interface is attached to it'),
    stopKubelet: z
      .strictObject({ until: time('When it starts again; by default never').optional() })
      .optional()
      .describe('Or its kubelet stops, as when its host hangs: the node ceases to be Ready after 50 seconds'),
  })
  .refine(
    ({ nodeGroup, selfManagedGroup, karpenterNodePool }) => given(nodeGroup, selfManagedGroup, karpenterNodePool) === 1,
    { path: ['nodeGroup'], error: 'give one of nodeGroup, selfManagedGroup, karpenterNodePool' },
  )
  .refine(
    ({ associateAddress, authorizeIngress, attachInterface, stopKubelet }) =>
      given(associateAddress, authorizeIngress, attachInterface, stopKubelet) === 1,
    {
      path: ['associateAddress'],
      error: 'give one of associateAddress, authorizeIngress, attachInterface, stopKubelet',
    },
  );

const given = (...values: unknown[]): number => values.filter((value) => value !== undefined).length;

function isCidr(text: string): boolean {
  const [network = '', prefix = '', ...rest] = text.split('/');
  const longest = isIPv4(network) ? 32 : isIPv6(network) ? 128 : -1;
  return rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= longest;
}

export type ExposureFile = z.output<typeof exposure>;
export type OtherInstanceFile = z.output<typeof otherInstance>;
