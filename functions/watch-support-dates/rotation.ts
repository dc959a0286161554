import type { CertificateAuthority } from '@aws-sdk/client-eks';
import { certificateOf, type UserData } from '../shared/fleet/embedded-authority.ts';

/** The rotation of a cluster's certificate authority: the newest one, and those before it. */
export interface Rotation {
  readonly newest: CertificateAuthority;
  /** When EKS added the newest, epoch milliseconds. */
  readonly addedAt: number;
  /** The former authorities; empty where there is no successor. */
  readonly former: readonly CertificateAuthority[];
}

/**
 * The rotation by what EKS lists; a pure function.
 *
 * @returns undefined where EKS does not tell when it added the newest
 */
export function rotationOf(authorities: readonly CertificateAuthority[]): Rotation | undefined {
  const [newest, ...former] = authorities.filter(isKept).toSorted((a, b) => addedAt(b) - addedAt(a));
  if (newest?.createdAt === undefined) return undefined;
  return { newest, addedAt: newest.createdAt.getTime(), former };
}

/** An authority that could not be distributed, or is being deleted, is never activated (EKS API reference). */
const isKept = ({ distributionStatus }: CertificateAuthority): boolean =>
  distributionStatus !== 'FAILED' && distributionStatus !== 'DELETING';

/**
 * Whether an authority signs by now, or is being activated; a pure function. EKS may leave out the status. Then only the
 * day of an activation says so, since nodes that are replaced too early are replaced for nothing.
 */
export const isSigning = ({ signingStatus, activatedAt }: CertificateAuthority): boolean =>
  signingStatus === undefined ? activatedAt !== undefined : signingStatus !== 'NOT_USED';

const addedAt = ({ createdAt }: CertificateAuthority): number => createdAt?.getTime() ?? 0;

/** Whether nodes that are launched with some user data trust the newest authority. */
export type Verdict =
  /** The user data holds the newest authority, or none: then the node takes it from EKS when it starts. */
  | { readonly kind: 'trusts' }
  /** Some values hold a former authority of the cluster and not the newest. */
  | { readonly kind: 'former'; readonly keys: readonly string[] }
  /** A value that is the cluster's authority by its key holds none that EKS lists. */
  | { readonly kind: 'strange'; readonly keys: readonly string[] }
  | { readonly kind: 'unknown'; readonly why: string };

/** Judges user data by the authorities of a rotation; a pure function. A certificate of somebody else is no matter. */
export function judgeUserData(userData: UserData, { newest, former }: Rotation): Verdict {
  if ('unsearchable' in userData) return { kind: 'unknown', why: userData.unsearchable };
  if (userData.embedded.length === 0) return { kind: 'trusts' };
  const wanted = certificateOf(newest.data);
  const old = new Set(former.flatMap(({ data }) => certificateOf(data) ?? []));
  if (wanted === undefined || old.size < former.length) {
    return { kind: 'unknown', why: 'holds certificates, and EKS does not tell those of the authorities' };
  }
  const lacking = userData.embedded.filter(({ certificates }) => !certificates.includes(wanted));
  const keysOf = (values: typeof lacking) => [...new Set(values.map(({ key }) => key))];
  const outdated = lacking.filter(({ certificates }) => certificates.some((one) => old.has(one)));
  if (outdated.length > 0) return { kind: 'former', keys: keysOf(outdated) };
  const strange = lacking.filter(({ isClusters }) => isClusters);
  if (strange.length > 0) return { kind: 'strange', keys: keysOf(strange) };
  if (former.length > 0 || lacking.length === 0) return { kind: 'trusts' };
  return {
    kind: 'unknown',
    why: 'holds certificates, and EKS has removed the former authorities to compare them with',
  };
}
