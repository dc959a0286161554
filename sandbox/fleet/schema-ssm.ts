import { z } from 'zod';
import { NodeError, readNode } from '../../functions/check-posture/judge/node.ts';
import type { NodeInput } from '../account/ssm/node-systems.ts';
import { nodeRole, wayOut } from './schema-network.ts';

/** A host in the format of `posture judge`, including owners and modes. */
const host = z
  .looseObject({
    os: z.string().describe('Such as al2023'),
    kubernetesVersion: z.string().optional().describe('Such as 1.34'),
    files: z
      .array(
        z.looseObject({
          path: z.string().describe('From the root on'),
          mode: z.string().describe('As stat prints it, such as 0644'),
        }),
      )
      .describe('What it has, with owner, group, type, target and content'),
    kubeletFlags: z.array(z.string()).nullable().describe('The argv of its kubelet, without the binary'),
  })
  .superRefine((input, context) => {
    const fault = faultIn(input);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
  }) as z.ZodType<unknown> as z.ZodType<NodeInput>;

function faultIn(input: unknown): string | undefined {
  try {
    readNode(input);
    return undefined;
  } catch (error) {
    if (error instanceof NodeError) return error.message;
    throw error;
  }
}

const commands = z
  .strictObject({
    updateFails: z
      .enum(['Failed', 'TimedOut'])
      .optional()
      .describe('What updates of the agent end with; by default they succeed'),
    times: z.int().min(1).default(1).describe('So many updates fail, then they succeed'),
    updateUndoneAfterHours: z
      .number()
      .positive()
      .optional()
      .describe(
        'Hours after an update until something on the host puts the former version back, as a refresh of its snap does',
      ),
    script: z
      .strictObject({
        output: z.string().default('').describe('Standard output'),
        errorOutput: z.string().default('').describe('Standard error'),
        exitCode: z.int().min(0).max(255).default(0).describe('0 for success'),
      })
      .optional()
      .describe('What every shell script prints; without it the sandbox runs none'),
    host: host
      .optional()
      .describe('What its hosts have, as posture judge reads it; by default what nodes of their image usually have'),
  })
  .prefault({});

/** The properties of nodes that matter for Systems Manager. */
export const ssm = z
  .strictObject({
    agent: z
      .enum(['present', 'missing', 'stopped', 'dead'])
      .default('present')
      .describe(
        'It runs; the image has none; something on the host keeps it from running; it pings once and is then lost',
      ),
    version: z
      .string()
      .regex(/^\d+(\.\d+){3}$/, 'expected a version such as 3.2.582.0')
      .optional()
      .describe('Of the agent; by default the latest'),
    latest: z.boolean().default(true).describe('False: an old version, when none is given'),
    latestIsTold: z
      .boolean()
      .default(true)
      .describe(
        'Whether Systems Manager says of its latest version that it is (IsLatestVersion): AWS promises that of Linux alone',
      ),
    registersAfterSeconds: z
      .number()
      .min(0)
      .optional()
      .describe('From running to the first ping; by default 20 to 90, drawn for each node'),
    instanceProfile: z.boolean().default(true).describe('Whether the instances have one at all'),
    managedPolicy: z.boolean().default(true).describe('Whether the node role has AmazonSSMManagedInstanceCore'),
    otherPolicy: z
      .enum(['inline', 'customer-managed', 'AmazonEC2RoleforSSM'])
      .optional()
      .describe(
        'Another policy that gives the node role the rights of an agent: of the account’s own, or the deprecated one of AWS',
      ),
    role: nodeRole,
    imds: z.enum(['enabled', 'disabled']).default('enabled').describe('Whether the instance metadata service answers'),
    imdsTokens: z
      .enum(['required', 'optional'])
      .default('required')
      .describe('required: the metadata service takes version 2 only'),
    imdsHopLimit: z
      .int()
      .min(1)
      .max(64)
      .optional()
      .describe('HttpPutResponseHopLimit of the metadata service; by default 2, as EKS has it'),
    network: wayOut.optional().describe('How the group’s subnets lead out; by default as the cluster’s'),
    osImage: z
      .string()
      .optional()
      .describe('Operating system of a custom AMI as the node names it, for example Ubuntu 22.04.5 LTS'),
    commands: commands.describe('How commands fare that are sent to the agents'),
  })
  .prefault({})
  .describe('What its nodes are like for Systems Manager');

export type SsmFile = z.output<typeof ssm>;
