import { describe, expect, it } from 'vitest';
import { pairKey, releaseParameters } from './ami-type.ts';

const EKS = '/aws/service/eks/optimized-ami/1.32';
const WINDOWS = '/aws/service/ami-windows-latest/Windows_Server';

describe('releaseParameters', () => {
  it.each([
    ['AL2023_x86_64_STANDARD', `${EKS}/amazon-linux-2023/x86_64/standard/recommended/release_version`],
    ['AL2023_ARM_64_STANDARD', `${EKS}/amazon-linux-2023/arm64/standard/recommended/release_version`],
    ['AL2023_x86_64_NVIDIA', `${EKS}/amazon-linux-2023/x86_64/nvidia/recommended/release_version`],
    ['AL2023_ARM_64_NVIDIA', `${EKS}/amazon-linux-2023/arm64/nvidia/recommended/release_version`],
    ['AL2023_x86_64_NEURON', `${EKS}/amazon-linux-2023/x86_64/neuron/recommended/release_version`],
    ['AL2_x86_64', `${EKS}/amazon-linux-2/recommended/release_version`],
    ['AL2_x86_64_GPU', `${EKS}/amazon-linux-2-gpu/recommended/release_version`],
    ['AL2_ARM_64', `${EKS}/amazon-linux-2-arm64/recommended/release_version`],
    ['BOTTLEROCKET_x86_64', '/aws/service/bottlerocket/aws-k8s-1.32/x86_64/latest/image_version'],
    ['BOTTLEROCKET_ARM_64', '/aws/service/bottlerocket/aws-k8s-1.32/arm64/latest/image_version'],
    ['BOTTLEROCKET_x86_64_NVIDIA', '/aws/service/bottlerocket/aws-k8s-1.32-nvidia/x86_64/latest/image_version'],
    ['BOTTLEROCKET_ARM_64_FIPS', '/aws/service/bottlerocket/aws-k8s-1.32-fips/arm64/latest/image_version'],
    [
      'BOTTLEROCKET_x86_64_NVIDIA_FIPS',
      '/aws/service/bottlerocket/aws-k8s-1.32-nvidia-fips/x86_64/latest/image_version',
    ],
  ])('%s is told by %s', (amiType, release) => {
    expect(releaseParameters({ kubernetesVersion: '1.32', amiType })).toEqual({ release });
  });

  it.each([
    ['WINDOWS_CORE_2019_x86_64', `${WINDOWS}-2019-English-Core-EKS_Optimized-1.32`],
    ['WINDOWS_FULL_2022_x86_64', `${WINDOWS}-2022-English-Full-EKS_Optimized-1.32`],
    ['WINDOWS_CORE_2025_x86_64', `${WINDOWS}-2025-English-Core-EKS_Optimized-1.32`],
  ])('%s is told by a release parameter or else by the AMI under %s', (amiType, path) => {
    expect(releaseParameters({ kubernetesVersion: '1.32', amiType })).toEqual({
      release: `${path}/release_version`,
      imageId: `${path}/image_id`,
    });
  });

  it.each(['CUSTOM', 'AL2027_x86_64_STANDARD', 'BOTTLEROCKET_x86_64_GPU', 'constructor', ''])(
    'knows none for %s',
    (amiType) => {
      expect(releaseParameters({ kubernetesVersion: '1.32', amiType })).toBeUndefined();
    },
  );
});

it('names a pair by version and type', () => {
  expect(pairKey({ kubernetesVersion: '1.32', amiType: 'AL2_x86_64' })).toBe('1.32/AL2_x86_64');
});
