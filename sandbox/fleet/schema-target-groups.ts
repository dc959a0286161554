import { z } from 'zod';
import { name } from './schema-values.ts';

const targetGroup = z
  .strictObject({
    name: name('Name of the target group in the account; groups of one cluster that name it share it', 32),
    port: z.int().min(1).max(65_535).default(80).describe('Where its targets listen'),
    type: z
      .enum(['instance', 'ip'])
      .default('instance')
      .describe('Whether its targets are instance ids or private addresses'),
    quic: z
      .boolean()
      .default(false)
      .describe('Whether its protocol is QUIC, whose targets have server ids; otherwise TCP'),
    used: z.boolean().default(true).describe('Whether a listener of a load balancer uses it'),
    attached: z
      .boolean()
      .default(false)
      .describe('Whether Auto Scaling registers the nodes; otherwise the AWS Load Balancer Controller does'),
  })
  .refine(({ type, attached }) => type === 'instance' || !attached, {
    path: ['attached'],
    error: 'Auto Scaling registers instances only: a target group of addresses can’t be attached',
  })
  .refine(({ quic, attached }) => !quic || !attached, {
    path: ['attached'],
    error: 'Auto Scaling gives no server ids: a target group of QUIC can’t be attached',
  });

/** The target groups in which the nodes of a group are registered. */
export const targetGroups = z
  .array(targetGroup)
  .default([])
  .describe('Target groups of load balancers that have the nodes as targets');

export type TargetGroupFile = z.output<typeof targetGroup>;
