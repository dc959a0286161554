import { ClusterIssueCode, InsightStatusValue } from '@aws-sdk/client-eks';
import { z } from 'zod';
import { kubernetesVersion, time } from './schema-values.ts';
import { DURATION_FORMS, parseDuration } from './time.ts';

/** An update that somebody makes to a control plane. */
export const controlPlaneUpdate = z
  .strictObject({
    at: time('When it begins; before the start, it has ended by then'),
    type: z
      .enum(['VersionUpdate', 'VersionRollback', 'CertificateAuthorityUpdate'])
      .default('VersionUpdate')
      .describe('EKS’s type of the update'),
    version: kubernetesVersion.optional().describe('The version that it goes to: one minor version up, or back'),
    lasts: z
      .string()
      .refine((text) => parseDuration(text) !== undefined, `expected ${DURATION_FORMS}`)
      .default('20m')
      .describe(`How long it takes: ${DURATION_FORMS}`),
    fails: z.boolean().default(false).describe('Whether it ends without success, the version as before'),
  })
  .refine(({ type, version }) => (type === 'CertificateAuthorityUpdate') === (version === undefined), {
    path: ['version'],
    error: 'a VersionUpdate and a VersionRollback need it, a CertificateAuthorityUpdate has none',
  });

/** An upgrade insight of EKS about a cluster. */
export const insight = z.strictObject({
  name: z.string().min(1).describe('Its name, such as “Deprecated APIs removed in Kubernetes v1.34”'),
  kubernetesVersion: kubernetesVersion.describe('The version that it is about'),
  status: z.enum(InsightStatusValue).default('ERROR').describe('Its status at the start'),
  reason: z.string().default('Deprecated API usage detected within last 30 days.').describe('EKS’s reason for it'),
  changes: z
    .array(
      z.strictObject({
        at: time('When EKS refreshes it'),
        status: z.enum(InsightStatusValue).describe('Its status from then on'),
      }),
    )
    .default([])
    .describe('What becomes of its status'),
});

/** A health issue of a cluster. */
export const clusterIssue = z.strictObject({
  code: z.enum(ClusterIssueCode).describe('As DescribeCluster names it, such as KmsKeyDisabled'),
  message: z.string().default('').describe('What EKS says of it'),
  resourceIds: z.array(z.string()).default([]).describe('Ids of the AWS resources that are concerned'),
  from: time('Since when EKS reports it; by default from the start').optional(),
  until: time('Until when; by default to the end').optional(),
});
