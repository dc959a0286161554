import { z } from 'zod';
import { time } from './schema-values.ts';

/** Properties of a cluster's VPC beyond its `network`. */
export const vpc = z
  .strictObject({
    blockPublicAccess: z
      .enum(['block-bidirectional', 'block-ingress'])
      .optional()
      .describe('VPC Block Public Access shuts the Internet out of its subnets'),
    networkAcl: z
      .literal('private')
      .optional()
      .describe('A network ACL of its subnets lets in private addresses alone'),
    firewall: z
      .boolean()
      .default(false)
      .describe('Its default routes lead to a firewall endpoint whose own subnet leads to the Internet'),
    appliance: z
      .boolean()
      .default(false)
      .describe('Its Internet gateway and its default routes lead to an appliance, which passes everything on'),
    routeByPrefixList: z
      .boolean()
      .default(false)
      .describe('Its default routes name a managed prefix list with 0.0.0.0/0 and ::/0'),
    ipv6: z
      .enum(['global', 'unique-local', 'private'])
      .default('global')
      .describe('Its IPv6 blocks: of the Internet, unique local, or private ones of IPAM that look global'),
    freeAddresses: z
      .array(
        z.strictObject({
          at: time('From when on; by default from the start').optional(),
          perSubnet: z.int().min(0).max(1019).describe('So many addresses are free in each subnet then'),
        }),
      )
      .default([])
      .describe('How many addresses are free in its subnets: others take them, and give them back'),
    sharedBy: z
      .string()
      .regex(/^\d{12}$/, 'expected 12 digits')
      .optional()
      .describe('Another account, which shares its subnets with this one: its endpoints are hidden, its subnets fixed'),
    dns: z
      .strictObject({
        servers: z.array(z.ipv4()).min(1).max(4).describe('Their addresses'),
        forwards: z.boolean().default(false).describe('Whether they ask Amazon’s resolver, which knows the endpoints'),
      })
      .optional()
      .describe('DNS servers that its DHCP options name instead of Amazon’s resolver'),
    dnsSupport: z
      .boolean()
      .default(true)
      .describe(
        'Whether Amazon’s resolver answers in it (enableDnsSupport); nodes that joined before it was off go on',
      ),
    connectEndpoint: z.boolean().default(false).describe('It has an EC2 Instance Connect Endpoint'),
    ipv6Egress: z
      .boolean()
      .default(false)
      .describe('New security groups let everything out over IPv6, too, as in a VPC with IPv6'),
  })
  .optional()
  .describe('What its VPC has besides');
export type VpcFile = z.output<typeof vpc>;
