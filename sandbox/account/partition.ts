/** The partitions that the sandbox supports, by the prefix of a region's name. Source: AWS SDKs, partitions.json. */
const PARTITIONS = [
  ['cn-', 'aws-cn', 'amazonaws.com.cn'],
  ['us-gov-', 'aws-us-gov', 'amazonaws.com'],
  ['eusc-', 'aws-eusc', 'amazonaws.eu'],
  ['us-iso-', 'aws-iso', 'c2s.ic.gov'],
  ['us-isob-', 'aws-iso-b', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'aws-iso-e', 'cloud.adc-e.uk'],
  ['us-isof-', 'aws-iso-f', 'csp.hci.ic.gov'],
  ['eu-isof-', 'aws-iso-f', 'csp.hci.ic.gov'],
] as const;

export type Partition = 'aws' | (typeof PARTITIONS)[number][1];

const of = (region: string) => PARTITIONS.find(([prefix]) => region.startsWith(prefix));

export const partitionOf = (region: string): Partition => of(region)?.[1] ?? 'aws';

/** The DNS suffix of AWS services in the region. */
export const urlSuffixOf = (region: string): string => of(region)?.[2] ?? 'amazonaws.com';
