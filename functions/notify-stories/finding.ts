import type { AwsSecurityFinding, Resource } from '@aws-sdk/client-securityhub';
import { isSettled } from '../shared/records/current-state.ts';
import { severityOf } from '../shared/records/record.ts';
import type { ReadRecord } from '../shared/records/record-line.ts';
import { wordOf } from '../shared/records/standing.ts';
import { isAccountWide } from './incident.ts';
import type { FindingState, OpenFinding } from './security-hub-ledger.ts';

/** Limits of Security Hub, in characters. */
const LONGEST_TITLE = 256;
const LONGEST_DESCRIPTION = 1_024;
const LONGEST_RECOMMENDATION = 512;

/** The origin of findings. */
export interface Reporter {
  readonly stack: string;
  readonly partition: string;
}

/** An update for Security Hub: a problem has begun or ended. */
export interface Verdict {
  readonly open: OpenFinding;
  /** The record behind the verdict, which supplies subject and time. */
  readonly record: ReadRecord;
  /** `cured`: the problem is solved. `moot`: the subject is to be left alone, or has another problem instead. */
  readonly status: 'failed' | 'cured' | 'moot';
}

/**
 * The key of a record's finding: function and subject. Where a function judges a subject by several checks, the key has
 * the check as well, because each check fails and passes on its own. Undefined for records that concern no host; alarms
 * cover those.
 */
export function findingSubject(record: ReadRecord): string | undefined {
  const { remediation, cluster, nodegroup, instance, reason } = record;
  if (cluster === undefined || isAccountWide(reason)) return undefined;
  return [remediation, cluster, nodegroup ?? '-', instance ?? '-', ...checkOf(record)].join('/');
}

const checkOf = ({ details = {} }: ReadRecord): string[] => (typeof details.check === 'string' ? [details.check] : []);

/**
 * Follows the finding of one subject through new records, in order; a pure function. Each cause has a finding of its
 * own, and only one cause is open at a time. A finding closes when another cause replaces it, when the subject is
 * cured, or when the subject is to be left alone.
 */
export function followFinding(
  state: FindingState,
  records: readonly ReadRecord[],
): { readonly state: FindingState; readonly verdicts: readonly Verdict[] } {
  let { open } = state;
  const verdicts: Verdict[] = [];
  const close = (record: ReadRecord, status: Verdict['status']): void => {
    if (open !== undefined) verdicts.push({ open, record, status });
    open = undefined;
  };
  for (const record of records) {
    const { time, decision, reason, message, hint } = record;
    if (Date.parse(time) <= state.followedTo) continue;
    if (decision === 'done') close(record, 'cured');
    // A skip that leaves the subject exposed, such as by a kill switch, closes no finding.
    if (decision === 'skipped' && isSettled(wordOf(record))) close(record, 'moot');
    if ((decision !== 'failed' && decision !== 'refused') || open?.reason === reason) continue;
    close(record, 'moot');
    const severity = severityOf(record);
    open = { reason, createdAt: time, severity, message, ...(hint !== undefined && { hint }) };
    verdicts.push({ open, record, status: 'failed' });
  }
  if (verdicts.length === 0) return { state, verdicts };
  const followedTo = Date.parse(records.at(-1)?.time ?? '');
  return { state: { followedTo, ...(open !== undefined && { open }) }, verdicts };
}

const COMPLIANCE = { failed: 'FAILED', cured: 'PASSED', moot: 'NOT_AVAILABLE' } as const;

/**
 * Formats a verdict in the AWS Security Finding Format.
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
 */
export function findingOf({ open, record, status }: Verdict, { stack, partition }: Reporter): AwsSecurityFinding {
  const { account, region, cluster = '', nodegroup, instance, remediation, correlationId } = record;
  const place = [cluster, nodegroup, instance].filter((part) => part !== undefined).join('/');
  const cause = [open.reason, ...checkOf(record)];
  const severity = { Label: open.severity.toUpperCase() as Uppercase<OpenFinding['severity']> };
  return {
    SchemaVersion: '2018-10-08',
    // The same subject and cause keep the same finding, even when the problem recurs.
    Id: [stack, region, account, remediation, place, ...cause].join('/'),
    ProductArn: `arn:${partition}:securityhub:${region}:${account}:product/${account}/default`,
    ProductName: 'EKS Host Remediator',
    GeneratorId: [stack, remediation, ...cause].join('/'),
    AwsAccountId: account,
    Region: region,
    Types: ['Software and Configuration Checks/AWS Security Best Practices'],
    CreatedAt: open.createdAt,
    FirstObservedAt: open.createdAt,
    UpdatedAt: record.time,
    LastObservedAt: record.time,
    Severity: severity,
    Title: `${cause.join(' ')}: ${place}`.slice(0, LONGEST_TITLE).toWellFormed(),
    Description: open.message.slice(0, LONGEST_DESCRIPTION).toWellFormed(),
    ...(open.hint !== undefined && {
      Remediation: { Recommendation: { Text: open.hint.slice(0, LONGEST_RECOMMENDATION).toWellFormed() } },
    }),
    ProductFields: { 'eks-host-remediator/reason': open.reason, 'eks-host-remediator/correlationId': correlationId },
    Resources: [resourceOf(record, partition)],
    Compliance: { Status: COMPLIANCE[status] },
    RecordState: status === 'failed' ? 'ACTIVE' : 'ARCHIVED',
  };
}

/**
 * The worker, or else its cluster. A node group cannot be named, because its ARN has a part that records do not
 * contain.
 */
function resourceOf({ account, region, cluster = '', nodegroup, instance }: ReadRecord, partition: string): Resource {
  const place = { Partition: partition as Resource['Partition'], Region: region };
  const names = { cluster, ...(nodegroup !== undefined && { nodegroup }) };
  if (instance !== undefined) {
    const Id = `arn:${partition}:ec2:${region}:${account}:instance/${instance}`;
    return { ...place, Type: 'AwsEc2Instance', Id, Details: { Other: names } };
  }
  const Id = `arn:${partition}:eks:${region}:${account}:cluster/${cluster}`;
  return { ...place, Type: 'AwsEksCluster', Id, Details: { Other: names } };
}
