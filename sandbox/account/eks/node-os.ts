import { type AmiType, amiFamily, releaseDate } from './ami-types.ts';

/** The OS image of an Amazon Linux 2023 node, used where nothing specifies one. */
export const DEFAULT_OS_IMAGE = 'Amazon Linux 2023.8.20250715';

/**
 * The OS image that a node of an AMI release reports (`status.nodeInfo.osImage`), such as `Bottlerocket OS 1.42.0
 * (aws-k8s-1.33)`.
 */
export function osImageOf(amiType: AmiType, kubernetesVersion: string, releaseVersion: string): string {
  const { platform, variant } = amiFamily(amiType);
  switch (platform) {
    case 'AL2023': {
      const released = releaseDate(releaseVersion);
      if (released === undefined) return DEFAULT_OS_IMAGE;
      return `Amazon Linux 2023.8.${new Date(released).toISOString().slice(0, 10).replaceAll('-', '')}`;
    }
    case 'AL2':
      return 'Amazon Linux 2';
    case 'BOTTLEROCKET':
      return `Bottlerocket OS ${releaseVersion.split('-')[0]} (aws-k8s-${kubernetesVersion}${variant})`;
    case 'WINDOWS':
      return `Windows Server ${variant.slice(0, 4)} Datacenter`;
  }
}

/** A node's operating system, as its SSM agent names it. */
export interface AgentPlatform {
  readonly type: 'Linux' | 'Windows';
  /** A value such as `Amazon Linux`, `Ubuntu`. */
  readonly name: string;
  /** A value such as `2023`, `22.04`. */
  readonly version: string;
}

const platforms: ReadonlyArray<readonly [RegExp, string]> = [
  [/^Amazon Linux (\d+)/, 'Amazon Linux'],
  [/^Bottlerocket OS ([\d.]+)/, 'Bottlerocket'],
  [/^Ubuntu (\d+\.\d+)/, 'Ubuntu'],
  [/^Debian GNU\/Linux (\d+)/, 'Debian GNU/Linux'],
  [/^Red Hat Enterprise Linux ([\d.]+)/, 'Red Hat Enterprise Linux'],
  [/^Flatcar Container Linux by Kinvolk ([\d.]+)/, 'Flatcar Container Linux by Kinvolk'],
  [/^Windows Server (\d+)/, 'Microsoft Windows Server Datacenter'],
];

/** The `NAME` and `VERSION_ID` of a node's os-release, which the agent reports, derived from its `osImage`. */
export function agentPlatform(osImage: string): AgentPlatform {
  const type = osImage.startsWith('Windows') ? 'Windows' : 'Linux';
  for (const [pattern, name] of platforms) {
    const version = pattern.exec(osImage)?.[1];
    if (version !== undefined) return { type, name, version };
  }
  return { type, name: osImage, version: '' };
}
