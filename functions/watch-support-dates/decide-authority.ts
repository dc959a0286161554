import type { CertificateAuthority } from '@aws-sdk/client-eks';
import { counted } from '../shared/text/counted.ts';
import type { Authorities, Launched } from './authorities.ts';
import type { Decision } from './decide.ts';

const DAY = 86_400_000;

/** A lasting notice is repeated before the 30 days of the dashboard have passed. */
const AGAIN = 29 * DAY;

/** When the first activation by EKS counts as near. */
const SOON = 60 * DAY;

/**
 * EKS adds a successor two years before an authority ends. Where there is none in the last half year, people must know.
 */
const LATE = 180 * DAY;

/**
 * Whether nodes from before the newest authority were launched is known only from nodes, so they are read only for a
 * cluster with a successor.
 */
export const isRotating = (authorities: Authorities | undefined): boolean =>
  authorities?.kind === 'found' && authorities.found.length > 1;

/**
 * Decides about the certificate authorities of a cluster; a pure function. Nodes that were launched before EKS added
 * the newest authority do not trust it, and lose the API server once it signs.
 *
 * @param launched nodes of any cluster
 * @param now epoch milliseconds
 * @returns undefined where EKS could not be read just now: the next run reads it again
 */
export function decideAuthority(
  cluster: string,
  authorities: Authorities,
  launched: readonly Launched[],
  now: number,
): Decision | undefined {
  if (authorities.kind === 'gone') return undefined;
  if (authorities.kind === 'unreadable') {
    if (authorities.isThrottled) return undefined;
    const message = `EKS does not tell the certificate authorities of the cluster: ${authorities.error}`;
    return { decision: 'refused', reason: 'authority-unknown', message, variant: authorities.code };
  }
  const [newest, ...older] = authorities.found.filter(isKept).toSorted((a, b) => addedAt(b) - addedAt(a));
  if (newest === undefined || newest.createdAt === undefined) {
    const message = 'EKS does not tell when it added the certificate authority of the cluster.';
    return { decision: 'refused', reason: 'authority-unknown', message, variant: 'no date' };
  }
  if (older.length === 0) return decideOnly(newest, now);
  const old = launched.filter((node) => node.cluster === cluster && node.launchedAt < addedAt(newest));
  if (old.length === 0) return lasts('Every node was launched after EKS had added the newest certificate authority.');
  const added = `A successor of the cluster's certificate authority was added on ${day(addedAt(newest))}.`;
  const nodes = `${counted(old.length, 'node was', 'nodes were')} launched before that, without trust in it: ${countedGroups(old)}.`;
  const variant = `${newest.id} ${Math.floor((now - addedAt(newest)) / AGAIN)}`;
  const { signingStatus, scheduledEvents } = newest;
  if (signingStatus !== 'NOT_USED') {
    const message = `${added} It signs by now. ${nodes} Replace them now.`;
    return { decision: 'refused', reason: 'authority-due', message, variant };
  }
  const activatedFrom = scheduledEvents?.firstAutoActivation?.getTime();
  if (activatedFrom === undefined) {
    const message = `${added} EKS does not tell from when on it may activate it. ${nodes}`;
    return { decision: 'refused', reason: 'authority-nodes', message, variant };
  }
  const message = `${added} EKS may activate it from ${day(activatedFrom)} on. ${nodes} Replace them before.`;
  const reason = activatedFrom - now <= SOON ? 'authority-due' : 'authority-nodes';
  return { decision: 'refused', reason, message, variant };
}

/** Decides about an authority without a successor. */
function decideOnly({ id, validity }: CertificateAuthority, now: number): Decision {
  const endsAt = validity?.notAfter?.getTime();
  if (endsAt === undefined || endsAt - now > LATE)
    return lasts('The certificate authority of the cluster does not end soon.');
  const message = `The certificate authority of the cluster ends on ${day(endsAt)}, and has no successor.`;
  return {
    decision: 'refused',
    reason: 'authority-ends',
    message,
    variant: `${id} ${Math.floor((endsAt - now) / AGAIN)}`,
  };
}

/** An authority that could not be distributed, or is being deleted, is never activated (EKS API reference). */
const isKept = ({ distributionStatus }: CertificateAuthority): boolean =>
  distributionStatus !== 'FAILED' && distributionStatus !== 'DELETING';

const addedAt = ({ createdAt }: CertificateAuthority): number => createdAt?.getTime() ?? 0;

/** The groups of nodes, the largest first, such as `web (3), self-managed:batch (1)`. */
const countedGroups = (nodes: readonly Launched[]): string =>
  [...Map.groupBy(nodes, ({ nodegroup }) => nodegroup || 'no group')]
    .toSorted(([a, some], [b, others]) => others.length - some.length || (a < b ? -1 : 1))
    .map(([group, { length }]) => `${group} (${length})`)
    .join(', ');

const lasts = (message: string): Decision => ({
  decision: 'done',
  reason: 'authority-lasts',
  message,
  variant: 'lasts',
});

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);
