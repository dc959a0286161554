/** The partitions that the sandbox supports, by the prefix of a region's name. Source: AWS SDKs, partitions.json. */
const PARTITIONS = [
  ['cn-', 'aws-cn', 'amazonaws.com.cn'],
  ['us-gov-', 'aws-us-gov', 'amazonaws.com'],
  ['eusc-', 'aws-eusc', 'amazonaws.eu'],
] as const;

export type Partition = 'aws' | (typeof PARTITIONS)[number][1];

const of = (region: string) => PARTITIONS.find(([prefix]) => region.startsWith(prefix));

export const partitionOf = (region: string): Partition => of(region)?.[1] ?? 'aws';

/** The DNS suffix of AWS services in the region. */
export const urlSuffixOf = (region: string): string => of(region)?.[2] ?? 'amazonaws.com';
