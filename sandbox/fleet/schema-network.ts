import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { policyDocument } from '../account/iam/policy-evaluation.ts';

/** The endpoints of Systems Manager. */
const SERVICES = ['ssm', 'ssmmessages', 'ec2messages'] as const;

export const wayOut = z
  .enum([
    'nat',
    'nat-in-private-subnet',
    'private-nat',
    'deleted-nat',
    'internet',
    'internet-without-address',
    'nat-instance',
    'transit-gateway',
    'firewall',
    'virtual-private-gateway',
    'none',
  ])
  .describe(
    'By a NAT gateway; by one in a subnet that leads nowhere; by a private one; by one that was deleted; by an Internet gateway, the nodes with or without public addresses; ' +
      'by an instance that translates addresses, a transit gateway, a firewall’s endpoint or a VPN; not at all',
  );

const cidr = z.string().refine((text) => {
  const [network = '', prefix = '', ...rest] = text.split('/');
  return rest.length === 0 && isIPv4(network) && /^\d{1,2}$/.test(prefix) && Number(prefix) <= 32;
}, 'expected a block of IPv4 addresses such as 10.0.0.0/8');

const port = z.int().min(0).max(65_535);

const endpoints = z.strictObject({
  services: z
    .array(z.enum(SERVICES))
    .default([...SERVICES])
    .describe('Services that have an endpoint; by default all'),
  admits: z
    .enum(['addresses', 'nodes', 'others', 'pods', 'prefix-list', 'unreadable-prefix-list'])
    .default('addresses')
    .describe(
      'Whom their security group lets in: all private addresses, the nodes’ group, only another group, only the group ' +
        'of the nodes’ further interfaces, or a prefix list of all private addresses, which can be read or not',
    ),
  privateDns: z.boolean().default(true).describe('Whether the services’ usual names lead to the endpoints'),
  policy: document().optional().describe('The endpoint policy; by default the one that lets everybody do everything'),
});

const aclEntry = z
  .strictObject({
    rule: z.int().min(1).max(32_766).describe('Its number: the lowest is looked at first'),
    direction: z.enum(['egress', 'ingress']).describe('Out of the subnets, or into them'),
    action: z.enum(['allow', 'deny']).describe('What becomes of the packets'),
    cidr: cidr.default('0.0.0.0/0').describe('The other end'),
    ports: z.tuple([port, port]).optional().describe('TCP ports, the first and the last; by default all traffic'),
  })
  .describe('An entry of a network ACL');

const egress = z
  .strictObject({
    to: z
      .union([cidr, z.enum(['endpoints', 'prefix-list', 'unreadable-prefix-list'])])
      .describe('A block of addresses, the endpoints’ security group, or a prefix list of everything'),
    ports: z.tuple([port, port]).optional().describe('TCP ports, the first and the last; by default all traffic'),
  })
  .describe('A rule that lets traffic out');

/** A cluster's network. A VPC endpoint serves a whole VPC, so node groups can only differ in their route out. */
export const network = z.union([
  wayOut,
  z.strictObject({
    wayOut: wayOut.default('none').describe('How the subnets lead out besides'),
    beyond: z
      .boolean()
      .default(true)
      .describe('Whether what lies behind a transit gateway, firewall, VPN or instance lets nodes reach AWS'),
    proxy: z.boolean().default(false).describe('Whether agents are told to use a proxy in the VPC'),
    hub: z
      .enum(['open', 'closed'])
      .optional()
      .describe(
        'A private hosted zone leads the names of Systems Manager to endpoints in a hub VPC, behind a transit gateway; whether they let the nodes in',
      ),
    endpoints: z
      .union([endpoints, z.array(endpoints)])
      .transform((value) => [value].flat())
      .prefault({})
      .describe(
        'Interface endpoints of the VPC for Systems Manager: alike, several with other settings, or [] for none',
      ),
    nodeEgress: z
      .array(egress)
      .optional()
      .describe('What the nodes’ security group lets out; by default everything, [] for nothing'),
    networkAcl: z
      .array(aclEntry)
      .optional()
      .describe('Entries of the network ACL of the nodes’ subnets; by default the VPC’s, which lets everything pass'),
  }),
]);

/** A policy document that the sandbox can evaluate. */
function document() {
  return z.record(z.string(), z.json()).superRefine((value, context) => {
    const parsed = policyDocument.safeParse(value);
    for (const { path, message } of parsed.error?.issues ?? []) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  });
}

/** What a node role may do, in addition to the policies that all node roles have. */
export const nodeRole = z
  .strictObject({
    policies: z
      .record(z.string().regex(/^[\w+=,.@-]{1,128}$/), document())
      .default({})
      .describe('Inline policies by name'),
    boundary: document().optional().describe('What bounds it, whatever its policies allow: its permissions boundary'),
  })
  .optional()
  .describe('The node role, where its policies are more than one of the usual');

export type WayOutFile = z.output<typeof wayOut>;
export type NetworkFile = z.output<typeof network>;
