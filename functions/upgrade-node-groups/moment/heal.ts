import type { NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import { type Decision, type Memory, say } from '../model/decision.ts';
import { issueOf } from '../model/health.ts';
import type { NodeGroupView } from '../model/observation.ts';

/** Whether EKS reports the node group as unhealthy. */
export const isTroubled = ({ status, healthIssues }: Pick<NodeGroupView, 'status' | 'healthIssues'>): boolean =>
  healthIssues.length > 0 || status === 'DEGRADED';

/** The codes of the node group's health issues, without duplicates. */
export const issueCodes = ({ healthIssues }: Pick<NodeGroupView, 'healthIssues'>): string[] =>
  [...new Set(healthIssues.map(({ code }) => code))].sort();

/** Whether an unhealthy node group may be upgraded: it has no nodes that could suffer, or an upgrade may cure it. */
export const mayBeUpgraded = (view: NodeGroupView): boolean => view.desired === 0 || isCurable(view);

/** Whether an upgrade may cure all issues of the node group. */
const isCurable = ({ healthIssues }: NodeGroupView): boolean =>
  healthIssues.length > 0 && healthIssues.every(({ code }) => issueOf(code).cure === 'upgrade');

/** The issues as the beginning of a message, such as `DEGRADED: AmiIdNotFound (The AMI …)`. */
export function issuesInWords({ status, healthIssues }: NodeGroupView): string {
  if (healthIssues.length === 0) return `${status}, and EKS names no issue`;
  return `${status}: ${healthIssues.map(({ code, message }) => (message === '' ? code : `${code} (${message})`)).join('; ')}`;
}

/**
 * Reports that the node group is unhealthy and not upgraded.
 *
 * @param why a sentence that says why the node group is not upgraded
 */
export function unhealthy(
  view: NodeGroupView,
  { failures }: Pick<NodeGroupState, 'failures'>,
  memory: Memory,
  why: string,
): Decision {
  const codes = issueCodes(view);
  const isOurs = codes.some((code) => failures?.broke?.includes(code) === true);
  const since = isOurs ? ` It has been so since the upgrade to ${failures?.releaseVersion} failed.` : '';
  const todos = new Set(codes.map((code) => issueOf(code).todo));
  const passes = codes.length > 0 && codes.every((code) => issueOf(code).cure === 'time');
  const todo = [...(passes ? ['This mostly passes by itself.'] : []), ...todos].join(' ');
  const message = `The node group is ${issuesInWords(view)}.${since} ${why} ${todo}`.trim();
  return {
    ...say('refused', isOurs ? 'degraded-by-upgrade' : 'node-group-unhealthy', message, memory, codes.join(' ')),
    details: { issues: codes },
  };
}
