import { expect, it } from 'vitest';
import { hostSystemOf } from './host-system.ts';

it.each([
  ['amazon-eks-node-al2023-x86_64-standard-1.33-v20260714', 'Amazon Linux 2023', false, 'v20260714'],
  ['amazon-eks-arm64-node-1.31-v20251112', 'Amazon Linux 2', false, 'v20251112'],
  ['bottlerocket-aws-k8s-1.33-nvidia-x86_64-v1.42.0-ca9b9399', 'Bottlerocket', true, 'v1.42.0-ca9b9399'],
  ['Windows_Server-2022-English-Core-EKS_Optimized-1.33-2026.07.14', 'Windows Server 2022', false, '1.33-2026.07.14'],
])('%s of Amazon is %s', (name, os, containerOptimized, release) => {
  expect(hostSystemOf({ name, isAmazons: true })).toEqual({ os, containerOptimized, release });
});

it.each([
  ['Linux/UNIX', 'Linux'],
  ['Red Hat Enterprise Linux', 'Linux'],
  ['Windows', 'Windows'],
  [undefined, ''],
])('an AMI that is only named like one of Amazon says no more than its platform: %s', (platform, os) => {
  expect(
    hostSystemOf({ name: 'bottlerocket-aws-k8s-1.33-x86_64-v1.42.0-ca9b9399', isAmazons: false, platform }),
  ).toEqual({
    os,
  });
});
