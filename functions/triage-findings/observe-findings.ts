import {
  type FilterCriteria,
  type Finding,
  type Inspector2Client,
  ListCoverageCommand,
  ListFindingsCommand,
  paginateListFindings,
  type StringFilter,
} from '@aws-sdk/client-inspector2';
import { type Severity, severitiesFrom } from '../../events/inspector-package-finding.ts';
import type { Need } from '../shared/ledger/finding-ledger.ts';
import type { Aftermath, OpenFinding } from './observation.ts';
import type { Policy } from './policy.ts';
import { isAtLeast, urgencyOf } from './urgency.ts';

/** A worker of a managed node group. */
export interface GroupWorker {
  readonly instanceId: string;
  /** Whether its AMI is the one of the node group's release. */
  readonly image: OpenFinding['image'];
}

/** A filter of Inspector takes at most ten values: so many workers of a group are asked about, in one call. */
export const SAMPLE = 10;
/** A page has at most a hundred findings; the gravest come first, so that behind these pages only urgency is of interest. */
const PAGE_SIZE = 100;
const PAGES = 3;

const equals = (...values: string[]): StringFilter[] => values.map((value) => ({ comparison: 'EQUALS', value }));

/** Inspector, asked about one account: that of an administrator answers for its members, too. */
export interface OwnInspector {
  readonly client: Inspector2Client;
  readonly accountId: string;
}

/** The findings of vulnerable packages that Inspector holds open on these workers. */
const openOn = ({ accountId }: OwnInspector, workers: readonly GroupWorker[]): FilterCriteria => ({
  awsAccountId: equals(accountId),
  resourceId: equals(...workers.map(({ instanceId }) => instanceId)),
  findingType: equals('PACKAGE_VULNERABILITY'),
  findingStatus: equals('ACTIVE'),
});

/** Those of them that are as grave as `floor`, and can be fixed. */
const fixableOn = (inspector: OwnInspector, workers: readonly GroupWorker[], floor: Severity): FilterCriteria => ({
  ...openOn(inspector, workers),
  severity: equals(...severitiesFrom(floor)),
  fixAvailable: equals('YES', 'PARTIAL'),
});

/** What Inspector holds open on these workers, at most ten: the gravest findings first, and the urgent ones. */
export async function readOpenFindings(
  inspector: OwnInspector,
  workers: readonly GroupWorker[],
  policy: Policy['findings'],
): Promise<OpenFinding[]> {
  if (workers.length === 0) return [];
  const gravest = await readGravest(inspector, workers, policy);
  const open = toOpen(gravest.findings, workers, policy);
  // Urgency is more than severity: behind so many graver findings there may be one that is exploited.
  if (gravest.isAll || open.some(({ urgency }) => urgency === 'urgent')) return open;
  return [...open, ...toOpen(await readUrgent(inspector, workers, policy), workers, policy)];
}

/** The first pages by severity, and whether that is all there is. */
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
  let count = 0;
  for await (const { findings = [], nextToken } of pages) {
    found.push(...findings);
    count += 1;
    if (count === PAGES) return { findings: found, isAll: nextToken === undefined };
  }
  return { findings: found, isAll: true };
}

/** A page of those with a known exploit, else one of those that are likely to be exploited. */
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
    const filterCriteria = { ...grave, ...mark };
    const { findings = [] } = await inspector.client.send(
      new ListFindingsCommand({ filterCriteria, maxResults: PAGE_SIZE }),
    );
    if (findings.length > 0) return findings;
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
    const worker = byId.get(resources[0]?.id ?? '');
    if (worker === undefined || packageVulnerabilityDetails?.vulnerabilityId === undefined) return [];
    const rating = { severity, exploitAvailable: exploitAvailable === 'YES', epss: epss?.score ?? 0 };
    return [
      {
        instanceId: worker.instanceId,
        vulnerabilityId: packageVulnerabilityDetails.vulnerabilityId,
        severity,
        urgency: urgencyOf(rating, policy),
        image: worker.image,
      },
    ];
  });
}

/** How a sample of the workers that (as far as is known) run the release fares with what is remembered. */
export async function readAftermath(
  inspector: OwnInspector,
  workers: readonly GroupWorker[],
  { vulnerabilities }: Need,
): Promise<Aftermath> {
  const sample = workers.filter(({ image }) => image !== 'other').slice(0, SAMPLE);
  if (sample.length === 0) return { workers: 0, scanned: 0, stillOpen: [] };
  const { coveredResources = [] } = await inspector.client.send(
    new ListCoverageCommand({
      filterCriteria: {
        accountId: [{ comparison: 'EQUALS', value: inspector.accountId }],
        resourceId: sample.map(({ instanceId: value }) => ({ comparison: 'EQUALS', value })),
        resourceType: [{ comparison: 'EQUALS', value: 'AWS_EC2_INSTANCE' }],
        scanType: [{ comparison: 'EQUALS', value: 'PACKAGE' }],
      },
    }),
  );
  const scanned = coveredResources.filter(({ scanStatus }) => scanStatus?.reason === 'SUCCESSFUL').length;
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
