import type { Certificate, CertificateAuthority } from '@aws-sdk/client-eks';
import { certificateAuthority } from '../../kubernetes/certificate-authority.ts';
import type { EksCluster } from './cluster.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;

/**
 * EKS may activate a successor by itself from about half a year before the outgoing authority ends, and does so 45 days
 * before at the latest (comments of CloudFormation's AWS::EKS::CertificateAuthority).
 */
const FIRST_ACTIVATION_MS = 182 * DAY_MS;
const FINAL_ACTIVATION_MS = 45 * DAY_MS;

/** The certificate authorities of a cluster, by id: the first one, and from a day on its successor. */
export function authoritiesAt(
  { id, createdAt, authority }: EksCluster,
  now: number,
): Map<string, CertificateAuthority> {
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

/**
 * What DescribeCluster says of the authorities of a cluster: the certificates of all of them, since the cluster trusts
 * both during a rotation, and which one signs (EKS API reference, CreateCertificateAuthority, Certificate).
 */
export function trustAt(cluster: EksCluster, now: number): Certificate {
  const all = [...authoritiesAt(cluster, now).values()];
  const pem = all.map(({ data = '' }) => Buffer.from(data, 'base64').toString()).join('');
  const { id, activatedBy } = signerAt(cluster, now);
  return { data: Buffer.from(pem).toString('base64'), active: { id, activatedBy } };
}

/** The authority that signs the certificate of the cluster's API server. */
export function signerAt(cluster: EksCluster, now: number): CertificateAuthority {
  const signer = [...authoritiesAt(cluster, now).values()].find(({ signingStatus }) => signingStatus === 'IN_USE');
  if (signer === undefined) throw new Error(`No certificate authority of ${cluster.name} signs.`);
  return signer;
}
