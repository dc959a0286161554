import type { ClusterIssueCode } from '@aws-sdk/client-eks';
import type { Decision } from '../model/decision.ts';
import type { Moment } from './moment.ts';

const ROLE = 'Create the role of the cluster again, under its name and with its policies.';
const KEY =
  'Enable the KMS key of the cluster’s secrets again, cancel its deletion, or give EKS its grant back. A deleted key does not come back: replace the cluster.';

/**
 * What to do about each health issue of a cluster in EKS's API model, as a sentence. `null`: new nodes join and work all
 * the same. Each of the others may keep them from the API server, from their identity, or from the secrets of their pods.
 * Sources: EKS API reference, ClusterIssue; EKS user guide, "Cluster health FAQs and error codes with resolution paths".
 */
const TODOS: Readonly<Record<ClusterIssueCode, string | null>> = {
  AccessDenied: 'Give the role of the cluster the permission back that the message names.',
  ClusterUnreachable: 'EKS cannot reach the API server. Look for webhooks and network rules that block it.',
  ConfigurationConflict: null,
  Ec2SecurityGroupNotFound: 'A security group of the cluster was deleted: name others in its settings.',
  Ec2ServiceNotSubscribed: 'Have the account subscribed to EC2 again.',
  // The control plane alone needs these subnets. Node groups name their own.
  Ec2SubnetNotFound: null,
  IamRoleNotFound: ROLE,
  InsufficientFreeAddresses: null,
  InternalFailure: null,
  KmsGrantRevoked: KEY,
  KmsKeyDisabled: KEY,
  KmsKeyMarkedForDeletion: KEY,
  KmsKeyNotFound: KEY,
  Other: null,
  ResourceLimitExceeded: null,
  ResourceNotFound: null,
  StsRegionalEndpointDisabled: 'Enable the regional endpoint of STS, by which nodes prove who they are.',
  UnsupportedVersion: null,
  VpcNotFound: 'The VPC of the cluster was deleted: replace the cluster.',
};

/** A code that is newer than the table. */
const UNKNOWN = 'Look the code up in the EKS user guide.';

const todos: ReadonlyMap<string, string | null> = new Map(Object.entries(TODOS));

/** How often a reconcile looks again at a cluster that is unhealthy, ms. EKS itself takes up to three hours to look. */
const LOOKED_AT_AGAIN = 3_600_000;

/**
 * Waits while EKS says of the cluster what may keep new nodes from it; a pure function. Without nodes nothing suffers. A
 * proposal changes nothing.
 */
export function atClusterHealth({ key, view, isProposal, now, wait }: Moment): Decision | undefined {
  const { cluster, desired } = view;
  const hindrances = (cluster.healthIssues ?? []).flatMap(({ code, message }) => {
    const todo = todos.has(code) ? todos.get(code) : UNKNOWN;
    return todo == null ? [] : [{ code, todo, inWords: message === '' ? code : `${code} (${message})` }];
  });
  if (hindrances.length === 0 || desired === 0 || isProposal) return undefined;
  const distinct = (words: readonly string[]) => [...new Set(words)];
  const issues = distinct(hindrances.map(({ code }) => code)).sort();
  const named = distinct(hindrances.map(({ inWords }) => inWords)).join('; ');
  const todo = distinct(hindrances.map((each) => each.todo)).join(' ');
  const message = `EKS reports health issues of cluster ${key.cluster}: ${named}. New nodes might not join it, so no upgrade starts. ${todo}`;
  const waits = wait('cluster-unhealthy', message, now + LOOKED_AT_AGAIN);
  return { ...waits, decision: 'refused', variant: `${waits.variant} ${issues.join(' ')}`, details: { issues } };
}
