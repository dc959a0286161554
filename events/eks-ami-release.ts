import * as z from 'zod';
import { eventSchema, SOURCE } from './envelope.ts';

/** `watch-ami-releases` has seen a newer release of a pair (Kubernetes version, AMI type) that the fleet uses. */
export const detailType = 'EKS AMI Release';

export const pattern = { source: [SOURCE], 'detail-type': [detailType] };

const releaseVersion = z.string().regex(/^[\w.-]{1,100}$/, 'must be a release version such as 1.33.13-20260714');

export const detail = () =>
  z.object({
    kubernetesVersion: z
      .string()
      .regex(/^\d+\.\d+$/, 'must be a Kubernetes minor version such as 1.33')
      .describe('Kubernetes minor version, for example `1.33`.'),
    amiType: z
      .string()
      .regex(/^\w{1,60}$/, 'must be an AMI type of EKS')
      .describe('EKS’s AMI type, for example `AL2023_x86_64_STANDARD`.'),
    releaseVersion: releaseVersion.describe('For example `1.33.13-20260714`.'),
    previousReleaseVersion: releaseVersion
      .optional()
      .describe('The newest release seen before; absent at the first sight of the pair.'),
    firstSeenAt: z.iso.datetime().describe('When the release was first seen: the start of its bake time.'),
  });

export const schema = eventSchema(SOURCE, detailType, detail);
export type EksAmiRelease = z.infer<typeof schema>;

export const sample: EksAmiRelease = {
  version: '0',
  id: '5f0c2a0e-6f0b-4f0a-9d55-0d9d4a3f6b11',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T18:05:11Z',
  resources: [],
  detail: {
    kubernetesVersion: '1.33',
    amiType: 'AL2023_x86_64_STANDARD',
    releaseVersion: '1.33.13-20260714',
    previousReleaseVersion: '1.33.13-20260625',
    firstSeenAt: '2026-07-14T18:05:10.000Z',
  },
};
