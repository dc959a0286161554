import { describe, expect, it } from 'vitest';
import { fakeNode, removeNodes } from './fake-node.fixture.ts';
import { installability } from './installability.ts';
import { OS_RELEASE } from './os-release.fixture.ts';

describe('installability', () => {
  it.each([
    ['Amazon Linux 2023.6.20250303', 'amazon-linux-2023'],
    ['Amazon Linux 2023.9.20251208', 'amazon-linux-2023'],
    ['Ubuntu 20.04.6 LTS', 'ubuntu'],
    ['Ubuntu 24.04.3 LTS', 'ubuntu'],
    ['Debian GNU/Linux 12 (bookworm)', 'debian'],
    ['Debian GNU/Linux 13 (trixie)', 'debian'],
    ['Red Hat Enterprise Linux 9.6 (Plow)', 'rhel'],
    ['Red Hat Enterprise Linux 10.0 (Coughlan)', 'rhel'],
    ['Rocky Linux 9.5 (Blue Onyx)', 'rhel'],
    ['AlmaLinux 9.6 (Sage Margay)', 'rhel'],
    ['CentOS Stream 9', 'rhel'],
    ['Oracle Linux Server 9.6', 'rhel'],
    ['Flatcar Container Linux by Kinvolk 4230.2.4 (Oklo)', 'flatcar'],
  ])('knows %s as %s', (osImage, family) => {
    expect(installability(osImage)).toEqual({ kind: 'supported', family });
  });

  it.each([
    ['Bottlerocket OS 1.49.0 (aws-k8s-1.34)', /^Bottlerocket carries the agent/],
    ['Bottlerocket (EKS Auto, Standard) 2025.3.14 (aws-k8s-1.31-standard)', /^Bottlerocket carries the agent/],
    ['Amazon Linux 2', /only 2023 is supported/],
    ['Windows Server 2022 Datacenter', /^On Windows/],
    ['Red Hat Enterprise Linux CoreOS 418.94.202501221327-0', /OSTree/],
    ['Fedora CoreOS 43.20260105.3.0', /OSTree/],
    ['Fedora Linux 43 (Cloud Edition)', /on Fedora Linux 43 \(Cloud Edition\) is not known/],
    ['SUSE Linux Enterprise Server 15 SP6', /is not known/],
    ['Talos (v1.11.5)', /is not known/],
    ['Ubuntu Core 24', /is not known/],
    ['Not Amazon Linux 2023', /is not known/],
    ['', /a nameless system is not known/],
  ])('refuses %j', (osImage, reason) => {
    expect(installability(osImage)).toMatchObject({ kind: 'refused', reason: expect.stringMatching(reason) });
  });

  it.each(Object.entries(OS_RELEASE).filter(([name]) => name !== 'likeRhel'))(
    'agrees with the script about %s',
    (_, osRelease) => {
      const osImage = /^PRETTY_NAME="(.*)"$/m.exec(osRelease)?.[1] ?? '';
      const { code } = fakeNode({ osRelease, units: { 'amazon-ssm-agent.service': true } }).run();
      removeNodes();
      expect(installability(osImage).kind).toBe(code === 0 ? 'supported' : 'refused');
    },
  );
});
