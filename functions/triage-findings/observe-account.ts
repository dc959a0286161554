import {
  AccessDeniedException,
  BatchGetAccountStatusCommand,
  type CoverageFilterCriteria,
  type Inspector2Client,
  paginateListCoverage,
  paginateListFindingAggregations,
  type SeverityCounts,
} from '@aws-sdk/client-inspector2';
import type { Severity } from '../../events/inspector-package-finding.ts';
import { isNotOffered } from '../shared/runtime/aws-error.ts';
import { isWorthTelling } from './scan-reason.ts';

/** Why Inspector cannot be called here: it has no endpoint in the region, or an organization denies it. */
export interface Refused {
  readonly code: string;
  readonly why: string;
}

/** Inspector's view of the account and region as a whole. */
export interface AccountView {
  /** Status of EC2 scanning, such as ENABLED; undefined when Inspector returns none. */
  readonly status: string | undefined;
  /** Why Inspector cannot be called at all, or, with a status, why it does not give one of its lists. */
  readonly refused?: Refused;
  /** Ids of the instances with findings at or above the severity floor of the policy, most findings first. */
  readonly afflicted: readonly string[];
  /** Reason that Inspector gives, by the id of each instance that it does not scan. */
  readonly unscanned: ReadonlyMap<string, string>;
}

/** The largest page sizes that Inspector accepts. */
const AGGREGATIONS_PER_PAGE = 100;
const COVERAGE_PER_PAGE = 200;

/**
 * Reads what events may not have named, for one account only: in an administrator account Inspector also answers for
 * the members. Costs one call per hundred instances with findings, and one per two hundred unscanned instances. If
 * there are unscanned ones, it costs one more per two hundred instances that are scanned without SSM.
 */
export async function observeAccount(
  inspector: Inspector2Client,
  accountId: string,
  floor: Severity,
): Promise<AccountView> {
  const nothing = { afflicted: [], unscanned: new Map<string, string>() };
  const read = await unlessUnavailable(inspector.send(new BatchGetAccountStatusCommand({ accountIds: [accountId] })));
  if ('refused' in read) return { status: undefined, refused: read.refused, ...nothing };
  const { accounts = [] } = read.found;
  const status = accounts.find((each) => each.accountId === accountId)?.resourceState?.ec2?.status;
  if (status !== 'ENABLED') return { status, ...nothing };
  const [afflicted, unscanned] = await Promise.all([
    unlessUnavailable(listAfflicted(inspector, accountId, floor)),
    unlessUnavailable(listUnscanned(inspector, accountId)),
  ]);
  const refused = [afflicted, unscanned].flatMap((list) => ('refused' in list ? list.refused : []))[0];
  return {
    status,
    afflicted: 'found' in afflicted ? afflicted.found : nothing.afflicted,
    unscanned: 'found' in unscanned ? unscanned.found : nothing.unscanned,
    ...(refused !== undefined && { refused }),
  };
}

/** An unavailable Inspector or a denied call is a valid result of the hourly reconcile, and no failure. */
async function unlessUnavailable<Found>(
  reading: Promise<Found>,
): Promise<{ readonly found: Found } | { readonly refused: Refused }> {
  try {
    return { found: await reading };
  } catch (error) {
    if (isNotOffered(error)) return { refused: { code: 'not-offered', why: error.message } };
    if (error instanceof AccessDeniedException) return { refused: { code: error.name, why: error.message } };
    throw error;
  }
}

const equals = (value: string) => [{ comparison: 'EQUALS' as const, value }];

async function listAfflicted(inspector: Inspector2Client, accountId: string, floor: Severity): Promise<string[]> {
  const found: Array<{ instanceId: string; counts: SeverityCounts }> = [];
  const pages = paginateListFindingAggregations(
    { client: inspector, pageSize: AGGREGATIONS_PER_PAGE },
    { aggregationType: 'AWS_EC2_INSTANCE', accountIds: equals(accountId) },
  );
  for await (const { responses = [] } of pages) {
    for (const { ec2InstanceAggregation } of responses) {
      const { instanceId, severityCounts: counts = {} } = ec2InstanceAggregation ?? {};
      if (instanceId !== undefined && countFrom(floor, counts) > 0) found.push({ instanceId, counts });
    }
  }
  return found
    .toSorted(({ counts: a }, { counts: b }) => (b.critical ?? 0) - (a.critical ?? 0) || (b.high ?? 0) - (a.high ?? 0))
    .map(({ instanceId }) => instanceId);
}

function countFrom(floor: Severity, { critical = 0, high = 0, medium = 0, all = 0 }: SeverityCounts): number {
  switch (floor) {
    case 'CRITICAL':
      return critical;
    case 'HIGH':
      return critical + high;
    case 'MEDIUM':
      return critical + high + medium;
    default:
      return all;
  }
}

/**
 * The instances that Inspector does not scan in any way. An instance is scanned if Inspector's own scanner or a scan
 * without agent covers it, whatever Inspector reports of a scan by the SSM agent.
 */
async function listUnscanned(inspector: Inspector2Client, accountId: string): Promise<Map<string, string>> {
  const inactive = await listCoverage(inspector, accountId, { scanStatusCode: equals('INACTIVE') });
  const unscanned = new Map([...inactive].filter(([, reason]) => isWorthTelling(reason)));
  if (unscanned.size === 0) return unscanned;
  const scanMode = WITHOUT_SSM.flatMap(equals);
  const otherwise = await listCoverage(inspector, accountId, { scanStatusCode: equals('ACTIVE'), scanMode });
  for (const id of otherwise.keys()) unscanned.delete(id);
  return unscanned;
}

/** The scan modes without SSM. Source: Inspector API reference, CoveredResource. */
const WITHOUT_SSM = ['EC2_INSPECTOR_AGENT_BASED', 'EC2_AGENTLESS'];

/** The reason that Inspector gives, by the id of each instance whose scan for packages meets these criteria. */
async function listCoverage(
  inspector: Inspector2Client,
  accountId: string,
  criteria: Pick<CoverageFilterCriteria, 'scanStatusCode' | 'scanMode'>,
): Promise<Map<string, string>> {
  const covered = new Map<string, string>();
  const pages = paginateListCoverage(
    { client: inspector, pageSize: COVERAGE_PER_PAGE },
    {
      filterCriteria: {
        accountId: equals(accountId),
        resourceType: equals('AWS_EC2_INSTANCE'),
        scanType: equals('PACKAGE'),
        ...criteria,
      },
    },
  );
  for await (const { coveredResources = [] } of pages) {
    for (const { resourceId, scanStatus } of coveredResources) {
      if (resourceId !== undefined) covered.set(resourceId, scanStatus?.reason ?? 'UNKNOWN');
    }
  }
  return covered;
}
