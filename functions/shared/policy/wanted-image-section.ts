import * as z from 'zod';
import { mode } from './mode.ts';

/** The architectures of nodes, as EC2 calls them. */
const architecture = z.enum(['x86_64', 'arm64']);

const ONE_OR_THE_OTHER = 'must have either ssmParameter, or owners, namePattern and architecture';

/**
 * The wanted AMI where EKS publishes none: the one that a parameter names, or the newest one by owner and name.
 * `{kubernetesVersion}` stands for the version of the cluster's control plane, such as `1.33`.
 */
const wanted = z
  .strictObject({
    ssmParameter: z
      .string()
      .max(500)
      .regex(
        /^\/(?:[\w.-]|\{kubernetesVersion\})+(?:\/(?:[\w.-]|\{kubernetesVersion\})+)*$/,
        'must be the full name of a parameter of this account and region, such as /images/eks/{kubernetesVersion}, without version or label',
      )
      .optional()
      .describe('The parameter whose value is the id of the AMI.'),
    owners: z
      .array(
        z
          .string()
          .regex(
            /^(?:self|amazon|aws-marketplace|\d{12})$/,
            'must be self, amazon, aws-marketplace or a 12-digit account id',
          ),
      )
      .min(1)
      .max(10)
      .optional()
      .describe('The accounts whose AMIs count.'),
    namePattern: z
      .string()
      .max(200)
      .regex(
        // The characters that names of AMIs can have. Source: EC2 API reference, RegisterImage.
        /^[\w()[\] ./'@-]{3}(?:[\w()[\] ./'@*?-]|\{kubernetesVersion\})*$/,
        'must be the name of an AMI and begin with three characters of it; * and ? are wildcards',
      )
      .optional()
      .describe('The name of the AMIs. `*` and `?` are wildcards. The newest one is wanted.'),
    architecture: architecture.optional().describe('The architecture of the AMIs.'),
  })
  .superRefine(({ ssmParameter, owners, namePattern, architecture: built }, context) => {
    const byName = [owners, namePattern, built].filter((part) => part !== undefined).length;
    if (byName === (ssmParameter === undefined ? 3 : 0)) return;
    context.addIssue({ code: 'custom', message: ONE_OR_THE_OTHER });
  });
export type Wanted = z.infer<typeof wanted>;

/** What happens with a launch template that no tag claims for a tool. */
export const templates = z
  .enum(['propose', 'change'])
  .default('propose')
  .describe(
    'What is done with a launch template of which no tag says who manages it: `change` makes a version of it. One that is managed as code is only ever proposed a change.',
  );

/** The wanted AMI of hosts that run their owner's AMI, and what happens about it. */
export const wantedImage = z.strictObject({
  mode: mode.default('observe').describe('The mode of upgrades to AMIs of your own, bounded by upgrades.mode.'),
  wanted: wanted
    .nullable()
    .default(null)
    .describe(
      'Your own AMI, for node groups that have one: `ssmParameter`, or `owners`, `namePattern` and `architecture`; `null`: they are left alone.',
    ),
  templates,
});
