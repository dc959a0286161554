import {
  type CertificateAuthority,
  DescribeCertificateAuthority$,
  type DescribeCertificateAuthorityCommandInput,
  type DescribeCertificateAuthorityCommandOutput,
  ListCertificateAuthorities$,
  type ListCertificateAuthoritiesCommandInput,
  type ListCertificateAuthoritiesCommandOutput,
} from '@aws-sdk/client-eks';
import { certificateAuthority } from '../../kubernetes/certificate-authority.ts';
import { AwsError } from '../../wire/aws-error.ts';
import { type Operation, operation, type Permission } from '../service.ts';
import type { World } from '../world.ts';
import { pageOfNames } from './pages.ts';
import type { EksCluster, EksState } from './state.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

/**
 * EKS may activate a successor by itself from about half a year before the outgoing authority ends, and does so 45 days
 * before at the latest (comments of CloudFormation's AWS::EKS::CertificateAuthority).
 */
const FIRST_ACTIVATION_MS = 182 * DAY_MS;
const FINAL_ACTIVATION_MS = 45 * DAY_MS;

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

function authoritiesAt({ id, createdAt, authority }: EksCluster, now: number): Map<string, CertificateAuthority> {
  const { endsAt = createdAt + 10 * YEAR_MS, successorAt } = authority;
  const firstId = `ca-${id.slice(0, 16).toLowerCase()}`;
  const hasSuccessor = successorAt !== undefined && successorAt <= now;
  const activatedAt = endsAt - FIRST_ACTIVATION_MS;
  const isActivated = hasSuccessor && activatedAt <= now;
  const common = { createdBy: 'EKS', distributionStatus: 'COMPLETE' } as const;
  const first: CertificateAuthority = {
    ...common,
    id: firstId,
    createdAt: new Date(createdAt),
    activatedAt: new Date(createdAt),
    activatedBy: 'EKS',
    signingStatus: isActivated ? 'NOT_USED' : 'IN_USE',
    validity: { notBefore: new Date(endsAt - 10 * YEAR_MS), notAfter: new Date(endsAt) },
    rollbackAvailable: isActivated && now < endsAt - FINAL_ACTIVATION_MS,
    data: certificateAuthority(id),
  };
  if (!hasSuccessor) return new Map([[firstId, first]]);
  const successorId = `ca-${id.slice(16).toLowerCase()}`;
  const successor: CertificateAuthority = {
    ...common,
    id: successorId,
    createdAt: new Date(successorAt),
    ...(isActivated && { activatedAt: new Date(activatedAt), activatedBy: 'EKS' as const }),
    signingStatus: isActivated ? 'IN_USE' : 'NOT_USED',
    validity: { notBefore: new Date(successorAt), notAfter: new Date(successorAt + 5 * YEAR_MS) },
    scheduledEvents: {
      firstAutoActivation: new Date(activatedAt),
      finalAutoActivation: new Date(endsAt - FINAL_ACTIVATION_MS),
    },
    rollbackAvailable: false,
    data: certificateAuthority(successorId),
  };
  return new Map([
    [firstId, first],
    [successorId, successor],
  ]);
}
