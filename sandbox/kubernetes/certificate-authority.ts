/**
 * The certificate authority of a cluster's API server, as DescribeCluster returns it: base64 of PEM. Nothing is
 * encrypted in the sandbox, so it is a name in the form of a certificate; clients must have been given the right one.
 *
 * @param clusterId of the cluster's endpoint
 */
export function certificateAuthority(clusterId: string): string {
  const content = Buffer.from(`certificate authority of ${clusterId}`).toString('base64');
  return Buffer.from(`-----BEGIN CERTIFICATE-----\n${content}\n-----END CERTIFICATE-----\n`).toString('base64');
}
