/**
 * DNS suffixes of AWS host names other than `amazonaws.com`, by the prefix of the region. Source: AWS SDKs,
 * partitions.json (`dnsSuffix`).
 */
const DNS_SUFFIXES: ReadonlyArray<readonly [prefix: string, suffix: string]> = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['eu-isof-', 'csp.hci.ic.gov'],
];

/** The DNS suffix of AWS services in a region, such as `amazonaws.com.cn` in `cn-north-1`. */
export const dnsSuffixOf = (region: string): string =>
  DNS_SUFFIXES.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'amazonaws.com';
