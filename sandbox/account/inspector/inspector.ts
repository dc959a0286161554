import {
  BatchGetAccountStatus$,
  type BatchGetAccountStatusCommandInput,
  type BatchGetAccountStatusCommandOutput,
  type CoveredResource,
  Enable$,
  type EnableCommandInput,
  type EnableCommandOutput,
  type Finding,
  ListCoverage$,
  type ListCoverageCommandInput,
  type ListCoverageCommandOutput,
  ListFindingAggregations$,
  type ListFindingAggregationsCommandInput,
  type ListFindingAggregationsCommandOutput,
  ListFindings$,
  type ListFindingsCommandInput,
  type ListFindingsCommandOutput,
  type Severity,
} from '@aws-sdk/client-inspector2';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import type { Instances } from '../ec2/instances.ts';
import { byText, pageOf } from '../pagination.ts';
import { operation, type Service } from '../service.ts';
import type { World } from '../world.ts';
import { describeFinding } from './events.ts';
import { accountTest, coverageTest, equalTo, findingTest, invalid } from './filters.ts';
import type { Inspector, Scan } from './state.ts';

/** The largest page sizes (API reference). */
const MAX_FINDINGS = 100;
const MAX_AGGREGATIONS = 100;
const MAX_COVERAGE = 200;

const SERVICE_PRINCIPAL = 'inspector2.amazonaws.com';

/** Amazon Inspector, limited to packages of EC2 instances. */
export function createInspector(world: World, state: Inspector, instances: Instances): Service {
  return {
    signingName: 'inspector2',
    iamPrefix: 'inspector2',
    protocol: 'rest-json',
    operations: {
      ListFindings: operation<ListFindingsCommandInput, ListFindingsCommandOutput>(
        ListFindings$,
        ['filterCriteria', 'sortCriteria', 'maxResults', 'nextToken'],
        (input) => listFindings(world, state, input),
      ),
      ListFindingAggregations: operation<ListFindingAggregationsCommandInput, ListFindingAggregationsCommandOutput>(
        ListFindingAggregations$,
        ['aggregationType', 'accountIds', 'maxResults', 'nextToken'],
        (input) => listInstanceAggregations(world, state, input),
      ),
      ListCoverage: operation<ListCoverageCommandInput, ListCoverageCommandOutput>(
        ListCoverage$,
        ['filterCriteria', 'maxResults', 'nextToken'],
        (input) => listCoverage(world, state, input),
      ),
      BatchGetAccountStatus: operation<BatchGetAccountStatusCommandInput, BatchGetAccountStatusCommandOutput>(
        BatchGetAccountStatus$,
        ['accountIds'],
        // The answer without accountIds is undocumented, so members may come first.
        ({ accountIds = [...state.members, world.accountId] }) => ({
          accounts: accountIds.filter(isKnownTo(world, state)).map((accountId) => {
            const status = isOwn(world)(accountId) ? state.status : 'DISABLED';
            const resourceState = { ec2: stateOf(status), ecr: stateOf('DISABLED') };
            return { accountId, state: stateOf(status), resourceState };
          }),
          failedAccounts: nonWorkers(
            world,
            accountIds.filter((each) => !state.members.includes(each)),
          ),
        }),
      ),
      Enable: operation<EnableCommandInput, EnableCommandOutput>(
        Enable$,
        ['resourceTypes', 'accountIds', 'clientToken'],
        ({ resourceTypes = [], accountIds = [world.accountId] }) => {
          if (resourceTypes.length === 0) throw nothingToEnable();
          const other = resourceTypes.find((type) => type !== 'EC2');
          if (other !== undefined) throw new NotImplemented(`Inspector's scanning of ${other}`);
          const own = accountIds.filter(isOwn(world));
          if (own.length > 0) state.enable(instances);
          return {
            accounts: own.map((accountId) => ({
              accountId,
              status: state.status,
              resourceStatus: { ec2: state.status, ecr: 'DISABLED' },
            })),
            failedAccounts: nonWorkers(world, accountIds),
          };
        },
        () => [
          { action: 'inspector2:Enable', resource: '*' },
          {
            action: 'iam:CreateServiceLinkedRole',
            resource: `arn:${world.partition}:iam::${world.accountId}:role/aws-service-role/${SERVICE_PRINCIPAL}/AWSServiceRoleForAmazonInspector2`,
            context: { 'iam:AWSServiceName': SERVICE_PRINCIPAL },
          },
        ],
      ),
    },
  };
}

const RANKS: Readonly<Record<Severity, number>> = {
  CRITICAL: 0,
  HIGH: 1,
  MEDIUM: 2,
  LOW: 3,
  INFORMATIONAL: 4,
  UNTRIAGED: 5,
};

/** Findings by ARN, or gravest first. */
function listFindings(world: World, state: Inspector, input: ListFindingsCommandInput) {
  const { filterCriteria, sortCriteria, maxResults = MAX_FINDINGS, nextToken } = input;
  refuseSize(maxResults, MAX_FINDINGS);
  const bySeverity = sortCriteria?.field === 'SEVERITY' && sortCriteria.sortOrder === 'DESC';
  if (sortCriteria !== undefined && !bySeverity) {
    throw new NotImplemented(`sorting findings by ${sortCriteria.field} ${sortCriteria.sortOrder}`);
  }
  const test = findingTest(filterCriteria);
  const found = state
    .findings(equalTo(filterCriteria?.resourceId))
    .map((finding): Finding => describeFinding(world, finding))
    .filter(test);
  const place = ({ severity, findingArn = '' }: Finding) =>
    bySeverity ? `${RANKS[severity ?? 'UNTRIAGED']} ${findingArn}` : findingArn;
  const { items, nextToken: next } = pageOf(found.sort(byText(place)), place, maxResults, nextToken, badToken);
  return { findings: items, nextToken: next };
}

/** The number of open findings per instance. */
function listInstanceAggregations(world: World, state: Inspector, input: ListFindingAggregationsCommandInput) {
  const { aggregationType, maxResults = MAX_AGGREGATIONS, nextToken } = input;
  if (aggregationType !== 'AWS_EC2_INSTANCE') throw new NotImplemented(`the aggregation ${aggregationType}`);
  refuseSize(maxResults, MAX_AGGREGATIONS);
  const isWanted = accountTest(input.accountIds);
  const byInstance = Map.groupBy(
    state.findings().filter(({ status }) => status === 'ACTIVE'),
    ({ instance }) => instance,
  );
  const responses = [...byInstance].map(([{ id, imageId }, findings]) => {
    const count = (severity: Severity) =>
      findings.filter(({ vulnerability }) => vulnerability.severity === severity).length;
    return {
      instanceId: id,
      ami: imageId,
      accountId: world.accountId,
      severityCounts: {
        all: findings.length,
        critical: count('CRITICAL'),
        high: count('HIGH'),
        medium: count('MEDIUM'),
      },
      networkFindings: 0,
    };
  });
  const ofMembers = state.members.map((accountId) => ({
    instanceId: memberInstance(accountId),
    ami: 'ami-0123456789abcdef0',
    accountId,
    severityCounts: { all: 1, critical: 1, high: 0, medium: 0 },
    networkFindings: 0,
  }));
  const wanted = [...responses, ...ofMembers].filter(({ accountId }) => isWanted(accountId));
  const id = ({ instanceId }: (typeof responses)[number]) => instanceId;
  const { items, nextToken: next } = pageOf(wanted.sort(byText(id)), id, maxResults, nextToken, badToken);
  return {
    aggregationType,
    responses: items.map((ec2InstanceAggregation) => ({ ec2InstanceAggregation })),
    nextToken: next,
  };
}

/** Coverage: each instance once for its packages and once for its network. */
function listCoverage(world: World, state: Inspector, input: ListCoverageCommandInput) {
  const { filterCriteria, maxResults = MAX_COVERAGE, nextToken } = input;
  refuseSize(maxResults, MAX_COVERAGE);
  const test = coverageTest(filterCriteria);
  const found = state
    .scans()
    .flatMap((scan) => coverageOf(world, state, scan))
    .filter(test);
  const place = ({ resourceId, scanType }: CoveredResource) => `${resourceId} ${scanType}`;
  const { items, nextToken: next } = pageOf(found.sort(byText(place)), place, maxResults, nextToken, badToken);
  return { coveredResources: items, nextToken: next };
}

function coverageOf({ accountId }: World, state: Inspector, scan: Scan): CoveredResource[] {
  const { instance, scannedAt } = scan;
  const resource = {
    resourceType: 'AWS_EC2_INSTANCE' as const,
    resourceId: instance.id,
    accountId,
    resourceMetadata: {
      ec2: {
        amiId: instance.imageId,
        platform: instance.windows ? ('WINDOWS' as const) : ('LINUX' as const),
        tags: Object.fromEntries(instance.tags),
      },
    },
  };
  return [
    {
      ...resource,
      scanType: 'PACKAGE',
      scanMode: state.vmScanner ? 'EC2_INSPECTOR_AGENT_BASED' : 'EC2_SSM_AGENT_BASED',
      scanStatus: state.stateOf(scan),
      ...(scannedAt !== undefined && { lastScannedAt: new Date(scannedAt) }),
    },
    { ...resource, scanType: 'NETWORK', scanStatus: { statusCode: 'ACTIVE', reason: 'SUCCESSFUL' } },
  ];
}

/** An instance of a member account with findings. */
const memberInstance = (accountId: string): string => `i-0${accountId}abcde`;

const isKnownTo =
  (world: World, { members }: Inspector) =>
  (accountId: string) =>
    isOwn(world)(accountId) || members.includes(accountId);

const isOwn = (world: World) => (accountId: string) => accountId === world.accountId;

const stateOf = (status: Inspector['status']) => ({ status, errorCode: undefined, errorMessage: undefined });

/** Errors for accounts that this one does not administer. */
const nonWorkers = (world: World, accountIds: readonly string[]) =>
  accountIds
    .filter((accountId) => !isOwn(world)(accountId))
    .map((accountId) => ({
      accountId,
      errorCode: 'ACCESS_DENIED' as const,
      errorMessage: `Account ${accountId} is not a member of this account.`,
    }));

function refuseSize(maxResults: number, most: number): void {
  if (maxResults < 1 || maxResults > most) throw invalid(`maxResults: must be from 1 to ${most}, is ${maxResults}.`);
}

const badToken = () => invalid('nextToken: is not one that this operation gave.');

const nothingToEnable = (): AwsError =>
  new AwsError('ValidationException', 'resourceTypes must have 1 to 5 items.', 400, {
    reason: 'FIELD_VALIDATION_FAILED',
  });
