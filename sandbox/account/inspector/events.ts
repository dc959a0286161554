import type { Instance } from '../ec2/instances.ts';
import { agentPlatform } from '../eks/node-os.ts';
import type { EmittedEvent, World } from '../world.ts';
import type { Finding, ScanState, Vulnerability } from './finding.ts';

/**
 * Inspector's events, as EventBridge delivers them. The dates of a finding have a format of their own, and it has more
 * members than the API's schema (`vm`, `provider`).
 *
 * Source: "Amazon EventBridge event schema for Amazon Inspector events", Amazon Inspector user guide.
 */
export function findingEvent(world: World, finding: Finding): EmittedEvent {
  const { instance, vulnerability } = finding;
  const dated = Object.entries(describeFinding(world, finding)).map(([key, value]): [string, unknown] => [
    key,
    value instanceof Date ? legacyDate(value) : value,
  ]);
  return {
    source: 'aws.inspector2',
    detailType: 'Inspector2 Finding',
    resources: [instance.id],
    detail: {
      ...Object.fromEntries(dated),
      packageVulnerabilityDetails: {
        ...packageDetails(vulnerability),
        vendorCreatedAt: legacyDate(new Date(vulnerability.publishedAt)),
      },
      resources: [
        {
          ...resourceOf(world, finding),
          details: {
            awsEc2Instance: {
              ...instanceDetails(world, instance),
              launchedAt: legacyDate(new Date(instance.launchedAt)),
            },
          },
        },
      ],
    },
  };
}

/** A finding as the API returns it. */
export function describeFinding(world: World, finding: Finding) {
  const { arn, vulnerability, instance, firstObservedAt, updatedAt, status } = finding;
  const { id, package: name, severity, fixedInVersion, exploitAvailable, epss } = vulnerability;
  const fixAvailable = fixedInVersion === undefined ? ('NO' as const) : ('YES' as const);
  return {
    awsAccountId: world.accountId,
    findingArn: arn,
    type: 'PACKAGE_VULNERABILITY' as const,
    title: `${id} - ${name}`,
    description: `${name} has the vulnerability ${id}.`,
    severity,
    status,
    fixAvailable,
    exploitAvailable: exploitAvailable ? ('YES' as const) : ('NO' as const),
    ...(epss !== undefined && { epss: { score: epss } }),
    firstObservedAt: new Date(firstObservedAt),
    lastObservedAt: new Date(updatedAt),
    updatedAt: new Date(updatedAt),
    remediation: { recommendation: { text: 'None Provided' } },
    packageVulnerabilityDetails: {
      ...packageDetails(vulnerability),
      vendorCreatedAt: new Date(vulnerability.publishedAt),
    },
    resources: [
      {
        ...resourceOf(world, finding),
        details: {
          awsEc2Instance: { ...instanceDetails(world, instance), launchedAt: new Date(instance.launchedAt) },
        },
      },
    ],
  };
}

/** The event when scanning of an instance's packages starts or stops. */
export const coverageEvent = (world: World, instance: Instance, { statusCode, reason }: ScanState): EmittedEvent => ({
  source: 'aws.inspector2',
  detailType: 'Inspector2 Coverage',
  resources: [instance.id],
  detail: {
    scanStatus: { reason, statusCodeValue: statusCode },
    scanType: 'PACKAGE',
    provider: 'AWS',
    providerAccountId: world.accountId,
    providerRegion: world.region,
    eventTimestamp: new Date(world.time.now).toISOString(),
    version: '1.0',
  },
});

/** The event of an instance's first scan. */
export function scanEvent(instance: Instance, found: readonly Vulnerability[]): EmittedEvent {
  const count = (severity: string) => found.filter((vulnerability) => vulnerability.severity === severity).length;
  return {
    source: 'aws.inspector2',
    detailType: 'Inspector2 Scan',
    resources: [instance.id],
    detail: {
      'scan-status': 'INITIAL_SCAN_COMPLETE',
      'finding-severity-counts': {
        CRITICAL: count('CRITICAL'),
        HIGH: count('HIGH'),
        MEDIUM: count('MEDIUM'),
        TOTAL: found.length,
      },
      'instance-id': instance.id,
      version: '1.0',
    },
  };
}

const packageDetails = ({ id, severity, package: name, installedVersion, fixedInVersion }: Vulnerability) => ({
  vulnerabilityId: id,
  source: 'AMAZON_CVE',
  vendorSeverity: severity.toLowerCase(),
  relatedVulnerabilities: [],
  referenceUrls: [`https://www.cve.org/CVERecord?id=${id}`],
  vulnerablePackages: [
    {
      name,
      version: installedVersion,
      epoch: 0,
      arch: 'ALL',
      packageManager: 'OS' as const,
      ...(fixedInVersion !== undefined && { fixedInVersion }),
    },
  ],
});

const resourceOf = ({ accountId, partition, region }: World, { instance }: Finding) => ({
  type: 'AWS_EC2_INSTANCE' as const,
  id: instance.id,
  partition,
  region,
  provider: 'AWS' as const,
  providerAccountId: accountId,
  tags: Object.fromEntries(instance.tags),
});

const instanceDetails = (
  { partition, accountId }: World,
  { imageId, instanceProfile, instanceType, osImage, privateIp, interfaces, subnetId, vpcId }: Instance,
) => ({
  imageId,
  type: instanceType,
  platform: platformOf(osImage),
  subnetId,
  vpcId,
  ipV4Addresses: [
    privateIp,
    ...interfaces.flatMap(({ associations }) => [...associations.values()].map(({ publicIp }) => publicIp)),
  ],
  ipV6Addresses: [],
  ...(instanceProfile !== undefined && {
    iamInstanceProfileArn: `arn:${partition}:iam::${accountId}:instance-profile/${instanceProfile}`,
  }),
});

/** A value such as `AMAZON_LINUX_2023`. */
function platformOf(osImage: string): string {
  const { name, version } = agentPlatform(osImage);
  return `${name}_${version}`.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');
}

/** A value such as `Wed Sep 04 16:59:44.356 UTC 2024`. */
function legacyDate(date: Date): string {
  const [, weekday, day, month, year] = /^(\w+), (\d+) (\w+) (\d+)/.exec(date.toUTCString()) ?? [];
  return `${weekday} ${month} ${day} ${date.toISOString().slice(11, 23)} UTC ${year}`;
}
