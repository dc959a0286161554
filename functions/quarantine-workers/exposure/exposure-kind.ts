/** The kinds of addresses by which the Internet can reach a worker. */
export const EXPOSURE_KINDS = ['automatic', 'elastic', 'carrier', 'customer-owned', 'ipv6', 'ipv6-prefix'] as const;
export type ExposureKind = (typeof EXPOSURE_KINDS)[number];
