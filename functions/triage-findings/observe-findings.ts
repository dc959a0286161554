import {
  type CoveredResource,
  type FilterCriteria,
  type Finding,
  type Inspector2Client,
  paginateListCoverage,
  paginateListFindings,
  type StringFilter,
} from '@aws-sdk/client-inspector2';
import { type Severity, severitiesFrom } from '../../events/inspector-package-finding.ts';
import type { Need } from '../shared/ledger/finding-ledger.ts';
import type { Aftermath, OpenFinding } from './observation.ts';
import type { Policy } from './policy.ts';
import { isAtLeast, urgencyOf } from './urgency.ts';

/** A worker of a group. */
export interface GroupWorker {
  readonly instanceId: string;
  /** Whether the worker runs the AMI of the node group's release. */
  readonly image: OpenFinding['image'];
  /** As of an open finding. */
  readonly imageId?: string;
}

/** How many workers of a node group one call asks about, since a filter of Inspector takes at most ten values. */
export const SAMPLE = 10;
/**
 * A page has at most a hundred findings, and often fewer: Inspector returns empty pages before others, too, with a token
 * (aws/aws-sdk-go-v2#3303). So a list ends with its last token, and no page alone says that there is nothing.
 */
const PAGE_SIZE = 100;
/** The gravest come first, so beyond this number only urgent findings matter. */
const GRAVEST = 300;

const equals = (...values: string[]): StringFilter[] => values.map((value) => ({ comparison: 'EQUALS', value }));

/** An Inspector client, limited to one account: in an administrator account Inspector also answers for the members. */
export interface OwnInspector {
  readonly client: Inspector2Client;
  readonly accountId: string;
}

/** Filter for the package vulnerabilities that are open on these workers. */
const openOn = ({ accountId }: OwnInspector, workers: readonly GroupWorker[]): FilterCriteria => ({
  awsAccountId: equals(accountId),
  resourceId: equals(...workers.map(({ instanceId }) => instanceId)),
  findingType: equals('PACKAGE_VULNERABILITY'),
  findingStatus: equals('ACTIVE'),
});

/** The same filter, limited to fixable findings at or above `floor`. */
const fixableOn = (inspector: OwnInspector, workers: readonly GroupWorker[], floor: Severity): FilterCriteria => ({
  ...openOn(inspector, workers),
  severity: equals(...severitiesFrom(floor)),
  fixAvailable: equals('YES', 'PARTIAL'),
});

/** Reads the open findings of at most ten workers: the gravest ones, and the urgent ones. */
export async function readOpenFindings(
  inspector: OwnInspector,
  workers: readonly GroupWorker[],
  policy: Policy['findings'],
): Promise<OpenFinding[]> {
  if (workers.length === 0) return [];
  const gravest = await readGravest(inspector, workers, policy);
  const open = toOpen(gravest.findings, workers, policy);
  // Urgency depends on more than severity. An exploited vulnerability may lie behind many graver findings.
  if (gravest.isAll || open.some(({ urgency }) => urgency === 'urgent')) return open;
  return [...open, ...toOpen(await readUrgent(inspector, workers, policy), workers, policy)];
}

/** Reads the gravest findings, and whether these are all. */
async function readGravest(
  inspector: OwnInspector,
  workers: readonly GroupWorker[],
  { severityFloor }: Policy['findings'],
): Promise<{ readonly findings: readonly Finding[]; readonly isAll: boolean }> {
  const filterCriteria = fixableOn(inspector, workers, severityFloor);
  const sortCriteria = { field: 'SEVERITY', sortOrder: 'DESC' } as const;
  const pages = paginateListFindings(
    { client: inspector.client, pageSize: PAGE_SIZE },
    { filterCriteria, sortCriteria },
  );
  const found: Finding[] = [];
  for await (const { findings = [], nextToken } of pages) {
    found.push(...findings);
    if (found.length >= GRAVEST) return { findings: found, isAll: nextToken === undefined };
  }
  return { findings: found, isAll: true };
}

/**
 * Reads one page of findings with a known exploit; where there are none, one page of those that are likely to be
 * exploited.
 */
async function readUrgent(
  inspector: OwnInspector,
  workers: readonly GroupWorker[],
  { severityFloor, urgent }: Policy['findings'],
): Promise<readonly Finding[]> {
  const grave = fixableOn(inspector, workers, stricterFloor(severityFloor, urgent.severity));
  const marks: FilterCriteria[] = [
    { exploitAvailable: equals('YES') },
    { epssScore: [{ lowerInclusive: urgent.epss, upperInclusive: 1 }] },
  ];
  for (const mark of marks) {
    const pages = paginateListFindings(
      { client: inspector.client, pageSize: PAGE_SIZE },
      { filterCriteria: { ...grave, ...mark } },
    );
    for await (const { findings = [] } of pages) if (findings.length > 0) return findings;
  }
  return [];
}

const stricterFloor = (a: Severity, b: Severity): Severity => (isAtLeast(a, b) ? a : b);

function toOpen(
  findings: readonly Finding[],
  workers: readonly GroupWorker[],
  policy: Policy['findings'],
): OpenFinding[] {
  const byId = new Map(workers.map((worker) => [worker.instanceId, worker]));
  return findings.flatMap(({ packageVulnerabilityDetails, resources = [], severity = '', exploitAvailable, epss }) => {
    const vulnerabilityId = packageVulnerabilityDetails?.vulnerabilityId;
    if (vulnerabilityId === undefined) return [];
    const rating = { severity, exploitAvailable: exploitAvailable === 'YES', epss: epss?.score ?? 0 };
    const urgency = urgencyOf(rating, policy);
    // A finding has up to ten resources, of which others than the first may be the workers (API reference, `Finding`).
    return resources.flatMap(({ id = '' }) => {
      const worker = byId.get(id);
      if (worker === undefined) return [];
      const { instanceId, image, imageId } = worker;
      return [{ instanceId, vulnerabilityId, severity, urgency, image, ...(imageId !== undefined && { imageId }) }];
    });
  });
}

/** Reads the remembered findings again, on a sample of the workers that, as far as known, run the release. */
export async function readAftermath(
  inspector: OwnInspector,
  workers: readonly GroupWorker[],
  { vulnerabilities }: Need,
): Promise<Aftermath> {
  const sample = workers.filter(({ image }) => image !== 'other').slice(0, SAMPLE);
  if (sample.length === 0) return { workers: 0, scanned: 0, stillOpen: [] };
  const covered: CoveredResource[] = [];
  const pages = paginateListCoverage(
    { client: inspector.client },
    {
      filterCriteria: {
        accountId: [{ comparison: 'EQUALS', value: inspector.accountId }],
        resourceId: sample.map(({ instanceId: value }) => ({ comparison: 'EQUALS', value })),
        resourceType: [{ comparison: 'EQUALS', value: 'AWS_EC2_INSTANCE' }],
        scanType: [{ comparison: 'EQUALS', value: 'PACKAGE' }],
      },
    },
  );
  for await (const { coveredResources = [] } of pages) covered.push(...coveredResources);
  const scanned = covered.filter(({ scanStatus }) => scanStatus?.reason === 'SUCCESSFUL').length;
  const filterCriteria = { ...openOn(inspector, sample), vulnerabilityId: equals(...vulnerabilities) };
  const stillOpen = new Set<string>();
  for await (const { findings = [] } of paginateListFindings(
    { client: inspector.client, pageSize: PAGE_SIZE },
    { filterCriteria },
  )) {
    for (const { packageVulnerabilityDetails } of findings) {
      if (packageVulnerabilityDetails?.vulnerabilityId !== undefined)
        stillOpen.add(packageVulnerabilityDetails.vulnerabilityId);
    }
  }
  return { workers: sample.length, scanned, stillOpen: [...stillOpen] };
}
