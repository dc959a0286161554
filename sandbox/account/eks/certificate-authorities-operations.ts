import {
  DescribeCertificateAuthority$,
  type DescribeCertificateAuthorityCommandInput,
  type DescribeCertificateAuthorityCommandOutput,
  ListCertificateAuthorities$,
  type ListCertificateAuthoritiesCommandInput,
  type ListCertificateAuthoritiesCommandOutput,
} from '@aws-sdk/client-eks';
import { AwsError } from '../../wire/aws-error.ts';
import { type Operation, operation, type Permission } from '../service.ts';
import type { World } from '../world.ts';
import { authoritiesAt } from './certificate-authorities.ts';
import type { EksCluster } from './cluster.ts';
import { pageOfNames } from './pages.ts';
import type { EksState } from './state.ts';

/** The certificate authorities of clusters: the first one, and from a day on its successor. EKS API reference. */
export function certificateAuthorityOperations(
  world: World,
  state: EksState,
  clusterArn: (name: string | undefined) => string,
): Record<string, Operation> {
  const on =
    (action: string) =>
    ({ clusterName }: { clusterName?: string | undefined }): Permission[] => [
      { action: `eks:${action}`, resource: clusterArn(clusterName) },
    ];
  const authoritiesOf = (cluster: EksCluster) => authoritiesAt(cluster, world.time.now);
  return {
    ListCertificateAuthorities: operation<
      ListCertificateAuthoritiesCommandInput,
      ListCertificateAuthoritiesCommandOutput
    >(
      ListCertificateAuthorities$,
      ['clusterName', 'maxResults', 'nextToken'],
      ({ clusterName, ...page }) => {
        const known = authoritiesOf(state.cluster(clusterName));
        const { items, nextToken } = pageOfNames([...known.keys()], page);
        const summaryOf = (id: string) => {
          const { validity, scheduledEvents, rollbackAvailable, data, ...summary } = known.get(id) ?? {};
          return summary;
        };
        return { certificateAuthorities: items.map(summaryOf), nextToken };
      },
      on('ListCertificateAuthorities'),
    ),
    DescribeCertificateAuthority: operation<
      DescribeCertificateAuthorityCommandInput,
      DescribeCertificateAuthorityCommandOutput
    >(
      DescribeCertificateAuthority$,
      ['clusterName', 'certificateAuthorityId'],
      ({ clusterName, certificateAuthorityId = '' }) => {
        const found = authoritiesOf(state.cluster(clusterName)).get(certificateAuthorityId);
        if (found === undefined) {
          const message = `No certificate authority found for id: ${certificateAuthorityId}.`;
          throw new AwsError('ResourceNotFoundException', message, 404);
        }
        return { certificateAuthority: found };
      },
      on('DescribeCertificateAuthority'),
    ),
  };
}
