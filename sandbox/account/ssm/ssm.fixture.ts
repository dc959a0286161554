import type { GetParameterResult } from '@aws-sdk/client-ssm';
import type { TestAccount } from '../../fleet/test-account.ts';

export const AL2023 = '/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/x86_64/standard/recommended';
export const BOTTLEROCKET = '/aws/service/bottlerocket/aws-k8s-1.33-nvidia-fips/arm64/latest';

/** Releases of every family, one of which is withdrawn again, and nodes with different agents. */
export const fleet = {
  releases: [
    { at: '-5d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: '1.33.4-20260709' },
    {
      at: '+2h',
      kubernetesVersion: '1.33',
      amiType: 'AL2023_x86_64_STANDARD',
      releaseVersion: '1.33.5-20260714',
      withdrawnAt: '+6h',
    },
    {
      at: '-5d',
      kubernetesVersion: '1.33',
      amiType: 'BOTTLEROCKET_ARM_64_NVIDIA_FIPS',
      releaseVersion: '1.30.0-ca9b9399',
    },
    { at: '-5d', kubernetesVersion: '1.33', amiType: 'WINDOWS_CORE_2022_x86_64', releaseVersion: '1.33-2026.07.09' },
    {
      at: '-5d',
      kubernetesVersion: '1.32',
      amiTypes: ['AL2_x86_64', 'AL2_x86_64_GPU', 'AL2_ARM_64'],
      releaseVersion: '1.32.9-20251209',
    },
    { at: '+1h', kubernetesVersion: '1.34', amiType: 'AL2023_ARM_64_NVIDIA', releaseVersion: '1.34.1-20260714' },
  ],
  clusters: [
    {
      name: 'c',
      version: '1.33',
      nodeGroups: [
        { name: 'web', desiredSize: 7 },
        { name: 'mute', desiredSize: 1, ssm: { agent: 'missing' } },
        { name: 'lost', desiredSize: 1, ssm: { agent: 'dead' } },
        { name: 'new', desiredSize: 1, status: 'CREATING', statusUntil: '+1h' },
      ],
    },
  ],
};

export const value = (at: TestAccount, Name: string) =>
  at.call<GetParameterResult>('ssm', 'GetParameter', { Name }).Parameter?.Value;
