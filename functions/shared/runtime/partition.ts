/**
 * The ends of AWS's host names where they are not `amazonaws.com`, by the beginning of a region's name. Source: AWS SDKs,
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

/** What the host names of AWS's services end in, in a region: for example `amazonaws.com.cn` in `cn-north-1`. */
export const dnsSuffixOf = (region: string): string =>
  DNS_SUFFIXES.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'amazonaws.com';
