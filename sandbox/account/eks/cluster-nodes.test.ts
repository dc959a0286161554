import { describe, expect, it } from 'vitest';
import { MINUTE_MS, testAccount } from '../../fleet/test-account.ts';
import { clusterNodes } from './cluster-nodes.ts';
import { agentPlatform, osImageOf } from './node-os.ts';

const RELEASE = '1.33.4-20260701';

const account = () =>
  testAccount({
    clusters: [
      {
        name: 'c',
        version: '1.33',
        autoMode: { instances: 1 },
        nodeGroups: [
          { name: 'web', desiredSize: 2, releaseVersion: RELEASE, labels: { tier: 'front' } },
          { name: 'arm', amiType: 'AL2023_ARM_64_STANDARD', desiredSize: 1, releaseVersion: RELEASE },
          { name: 'rocket', amiType: 'BOTTLEROCKET_x86_64', desiredSize: 1, releaseVersion: '1.42.0-1f3d7a2b' },
        ],
        selfManagedGroups: [
          {
            name: 'own',
            imageId: 'ami-0badcafe0badcafe0',
            size: 1,
            instanceType: 'm7g.large',
            ssm: { osImage: 'Ubuntu 22.04.5 LTS' },
          },
        ],
        karpenterNodePools: [{ name: 'general', size: 1 }],
      },
      { name: 'd', version: '1.33', nodeGroups: [{ name: 'web', desiredSize: 1, releaseVersion: RELEASE }] },
    ],
  });

describe('the nodes of a cluster', () => {
  it('are its instances, with what Kubernetes tells of them', () => {
    const at = account();
    const nodes = clusterNodes(at.state.instances, at.state.kubelets, 'c');
    expect(nodes.map(({ osImage, architecture }) => `${osImage} ${architecture}`).sort()).toEqual([
      'Amazon Linux 2023.8.20260701 amd64',
      'Amazon Linux 2023.8.20260701 amd64',
      'Amazon Linux 2023.8.20260701 amd64',
      'Amazon Linux 2023.8.20260701 arm64',
      'Bottlerocket (EKS Auto, Standard) 2025.7.21 (aws-k8s-1.33-standard) amd64',
      'Bottlerocket OS 1.42.0 (aws-k8s-1.33) amd64',
      'Ubuntu 22.04.5 LTS arm64',
    ]);
    const [instance] = at.state.instances.list();
    expect(nodes.find(({ instanceId }) => instanceId === instance?.id)).toMatchObject({
      name: instance?.privateDnsName,
      providerId: `aws:///${instance?.availabilityZone}/${instance?.id}`,
      operatingSystem: 'linux',
      ready: true,
      unschedulable: false,
      labels: {
        tier: 'front',
        'eks.amazonaws.com/nodegroup': 'web',
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': instance?.privateDnsName,
        'topology.kubernetes.io/region': 'eu-central-1',
      },
    });
    const auto = nodes.find(({ labels }) => labels['eks.amazonaws.com/compute-type'] === 'auto');
    expect(auto?.name).toBe(auto?.instanceId);
    expect(clusterNodes(at.state.instances, at.state.kubelets, 'd')).toHaveLength(1);
  });

  it('come when they have joined, and go when they are terminated', async () => {
    const at = testAccount({
      clusters: [{ name: 'c', version: '1.33', nodeGroups: [{ name: 'g', desiredSize: 0, releaseVersion: RELEASE }] }],
      launches: [{ at: '+0s', cluster: 'c', nodeGroup: 'g', withinSeconds: 0 }],
    });
    const count = () => clusterNodes(at.state.instances, at.state.kubelets, 'c').length;
    await at.play(10_000);
    expect(at.state.instances.list()).toHaveLength(1);
    expect(count()).toBe(0);
    await at.play(5 * MINUTE_MS);
    expect(count()).toBe(1);
    const [group] = at.state.autoScalingGroups.list();
    at.state.autoScalingGroups.terminate(group!, at.state.instances.list()[0]!, MINUTE_MS);
    expect(count()).toBe(0);
  });
});

it.each([
  ['AL2_x86_64', '1.32', '1.32.9-20251209', 'Amazon Linux 2', 'Amazon Linux 2'],
  ['AL2023_x86_64_STANDARD', '1.33', '1.33.4-20250715', 'Amazon Linux 2023.8.20250715', 'Amazon Linux 2023'],
  [
    'BOTTLEROCKET_ARM_64_NVIDIA',
    '1.33',
    '1.42.0-1f3d7a2b',
    'Bottlerocket OS 1.42.0 (aws-k8s-1.33-nvidia)',
    'Bottlerocket 1.42.0',
  ],
  [
    'WINDOWS_CORE_2022_x86_64',
    '1.33',
    '1.33-2026.07.09',
    'Windows Server 2022 Datacenter',
    'Microsoft Windows Server Datacenter 2022',
  ],
] as const)('a node of %s for %s, %s, calls itself %s', (amiType, version, release, osImage, platform) => {
  expect(osImageOf(amiType, version, release)).toBe(osImage);
  const { name, version: platformVersion } = agentPlatform(osImage);
  expect(`${name} ${platformVersion}`).toBe(platform);
});

it.each([
  ['Ubuntu 22.04.5 LTS', 'Ubuntu', '22.04'],
  ['Debian GNU/Linux 12 (bookworm)', 'Debian GNU/Linux', '12'],
  ['Red Hat Enterprise Linux 9.4 (Plow)', 'Red Hat Enterprise Linux', '9.4'],
  ['Flatcar Container Linux by Kinvolk 4152.2.0 (Oklo)', 'Flatcar Container Linux by Kinvolk', '4152.2.0'],
  ['NixOS 24.11', 'NixOS 24.11', ''],
])('the agent on %s reports %s %s', (osImage, name, version) => {
  expect(agentPlatform(osImage)).toEqual({ type: 'Linux', name, version });
});
