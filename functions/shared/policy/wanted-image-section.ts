import * as z from 'zod';
import { mode } from './mode.ts';

/** The architectures of nodes, as EC2 calls them. */
const architecture = z.enum(['x86_64', 'arm64']);

const ONE_OR_THE_OTHER = 'must have either ssmParameter, or owners, namePattern and architecture';

/**
 * Which AMI is wanted where EKS publishes none: what a parameter names, or the newest one by its owner and name.
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
        // The characters that names of AMIs can have, by RegisterImage of the EC2 API reference.
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

/** What is done with a launch template of which no tag says who manages it. */
export const templates = z
  .enum(['propose', 'change'])
  .default('propose')
  .describe(
    'What is done with a launch template of which no tag says who manages it: `change` makes a version of it. One that is managed as code is only ever proposed a change.',
  );

/** Which AMI is wanted on hosts whose AMI is their owner's, and what is done about it. */
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
export type WantedImage = z.infer<typeof wantedImage>;
