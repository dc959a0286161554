/** A certificate as EKS gives it: base64 of PEM. */
export function certificate(name: string): string {
  const body = Buffer.from(`${name} `.repeat(100)).toString('base64');
  const lines = body.match(/.{1,64}/g) ?? [];
  return Buffer.from(['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')).toString(
    'base64',
  );
}

export const pemOf = (data: string): string => Buffer.from(data, 'base64').toString();

/** What DescribeCluster gives while a cluster trusts several authorities. */
export const bundleOf = (...all: readonly string[]): string => Buffer.from(all.map(pemOf).join('')).toString('base64');
