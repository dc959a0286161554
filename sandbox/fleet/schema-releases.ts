import { z } from 'zod';
import { existsFor, wrongReleaseForm } from '../account/eks/ami-types.ts';
import { amiType, date, kubernetesVersion, time } from './schema-values.ts';

export const release = z
  .strictObject({
    at: time('When the release appears in the public parameters'),
    kubernetesVersion,
    amiType: amiType.optional().describe('The AMI type, when it is one'),
    amiTypes: z.array(amiType).min(1).optional().describe('The AMI types, when they are several'),
    releaseVersion: z.string().describe('As EKS names it: 1.33.4-20260714, 1.30.0-ca9b9399, 1.31-2025.01.15'),
    withdrawnAt: time('When AWS takes it back: the parameters then show what they showed before').optional(),
    stepsBackEvery: z
      .int()
      .min(2)
      .optional()
      .describe('Every so many hours the parameters show what they showed before, for an hour'),
  })
  .superRefine((value, context) => {
    const types = value.amiTypes ?? (value.amiType === undefined ? [] : [value.amiType]);
    if ((value.amiType === undefined) === (value.amiTypes === undefined)) {
      context.addIssue({ code: 'custom', path: ['amiType'], message: 'give either amiType or amiTypes' });
    }
    for (const type of types) {
      const example = wrongReleaseForm(type, value.kubernetesVersion, value.releaseVersion);
      if (!existsFor(type, value.kubernetesVersion)) {
        context.addIssue({
          code: 'custom',
          path: [value.amiType === undefined ? 'amiTypes' : 'amiType'],
          message: `${type} has no releases from Kubernetes 1.33 on`,
        });
      } else if (example !== undefined) {
        context.addIssue({
          code: 'custom',
          path: ['releaseVersion'],
          message: `not a release of ${type} for Kubernetes ${value.kubernetesVersion}; one reads ${example}`,
        });
      }
    }
  })
  .describe('One release of EKS-optimized AMIs');

export const history = z
  .strictObject({
    history: z
      .literal('eks-ami-releases')
      .describe('The real EKS AMI releases of June 2025 to July 2026 (AL2 and AL2023)'),
    from: date('First day of the stretch that is replayed'),
    to: date('Last day of the stretch that is replayed'),
  })
  .describe('A stretch of real release history');
