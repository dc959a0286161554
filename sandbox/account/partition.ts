/** The partitions that the sandbox knows, by the beginning of a region's name. Source: AWS SDKs, partitions.json. */
const PARTITIONS = [
  ['cn-', 'aws-cn', 'amazonaws.com.cn'],
  ['us-gov-', 'aws-us-gov', 'amazonaws.com'],
  ['eusc-', 'aws-eusc', 'amazonaws.eu'],
] as const;

export type Partition = 'aws' | (typeof PARTITIONS)[number][1];

const of = (region: string) => PARTITIONS.find(([prefix]) => region.startsWith(prefix));

export const partitionOf = (region: string): Partition => of(region)?.[1] ?? 'aws';

/** What host names of AWS's services end in there. */
export const urlSuffixOf = (region: string): string => of(region)?.[2] ?? 'amazonaws.com';
