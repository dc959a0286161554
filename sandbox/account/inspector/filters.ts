import type {
  CoverageFilterCriteria,
  CoveredResource,
  FilterCriteria,
  Finding,
  NumberFilter,
  StringFilter,
} from '@aws-sdk/client-inspector2';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';

/** Maximum number of values per filter (API reference, FilterCriteria). */
const MAX_VALUES = 10;

type Criteria = Readonly<Record<string, unknown>>;
type Test<Item> = (item: Item) => boolean;

const FINDING_FIELDS: Readonly<Record<string, (finding: Finding) => string | undefined>> = {
  awsAccountId: ({ awsAccountId }) => awsAccountId,
  ec2InstanceImageId: ({ resources }) => resources?.[0]?.details?.awsEc2Instance?.imageId,
  exploitAvailable: ({ exploitAvailable }) => exploitAvailable,
  findingArn: ({ findingArn }) => findingArn,
  findingStatus: ({ status }) => status,
  findingType: ({ type }) => type,
  fixAvailable: ({ fixAvailable }) => fixAvailable,
  resourceId: ({ resources }) => resources?.[0]?.id,
  resourceType: ({ resources }) => resources?.[0]?.type,
  severity: ({ severity }) => severity,
  vulnerabilityId: ({ packageVulnerabilityDetails }) => packageVulnerabilityDetails?.vulnerabilityId,
};

const COVERAGE_FIELDS: Readonly<Record<string, (resource: CoveredResource) => string | undefined>> = {
  accountId: ({ accountId }) => accountId,
  resourceId: ({ resourceId }) => resourceId,
  resourceType: ({ resourceType }) => resourceType,
  scanMode: ({ scanMode }) => scanMode,
  scanStatusCode: ({ scanStatus }) => scanStatus?.statusCode,
  scanStatusReason: ({ scanStatus }) => scanStatus?.reason,
  scanType: ({ scanType }) => scanType,
};

/** @throws NotImplemented for a criterion that the sandbox does not support; AwsError ValidationException */
export function findingTest({ epssScore, ...criteria }: FilterCriteria = {}): Test<Finding> {
  const isWanted = testOf<Finding>(criteria, FINDING_FIELDS);
  const isWithin = epssScore === undefined ? () => true : rangeTest('epssScore', epssScore);
  return (finding) => isWanted(finding) && isWithin(finding.epss?.score);
}

/** Whether an account is among the requested ones; without a request, all are. */
export function accountTest(accountIds: readonly StringFilter[] | undefined): Test<string> {
  if (accountIds === undefined) return () => true;
  const isWanted = testOf<string>({ accountIds }, { accountIds: (accountId) => accountId });
  return isWanted;
}

/** Whether a number is in one of the ranges; an unknown number is in none. */
function rangeTest(name: string, ranges: readonly NumberFilter[]): Test<number | undefined> {
  refuseCount(name, ranges);
  return (value) =>
    value !== undefined &&
    ranges.some(
      ({ lowerInclusive = Number.NEGATIVE_INFINITY, upperInclusive = Number.POSITIVE_INFINITY }) =>
        lowerInclusive <= value && value <= upperInclusive,
    );
}

function refuseCount(name: string, list: readonly unknown[]): void {
  if (list.length < 1 || list.length > MAX_VALUES) {
    throw invalid(`filterCriteria.${name}: must have 1 to ${MAX_VALUES} items, has ${list.length}.`);
  }
}

/** @throws NotImplemented for a criterion that the sandbox does not support; AwsError ValidationException */
export const coverageTest = (criteria: CoverageFilterCriteria = {}): Test<CoveredResource> =>
  testOf({ ...criteria }, COVERAGE_FIELDS);

/** The values that a criterion requires by EQUALS; undefined where it requires something else or nothing. */
export function equalTo(filters: readonly StringFilter[] | undefined): string[] | undefined {
  if (filters === undefined || filters.some(({ comparison }) => comparison !== 'EQUALS')) return undefined;
  return filters.map(({ value = '' }) => value);
}

/** Criteria are joined by AND. The values of one are joined by OR, or by AND where they exclude. */
function testOf<Item>(
  criteria: Criteria,
  fields: Readonly<Record<string, (item: Item) => string | undefined>>,
): Test<Item> {
  const tests = Object.entries(criteria).map(([name, filters]): Test<Item> => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) throw new NotImplemented(`the filter criterion ${name} of Inspector`);
    const list = filters as StringFilter[];
    refuseCount(name, list);
    const excluding = list.filter(({ comparison }) => comparison === 'NOT_EQUALS');
    const including = list.filter(({ comparison }) => comparison !== 'NOT_EQUALS');
    return (item) => {
      const value = field(item) ?? '';
      if (excluding.some((filter) => filter.value === value)) return false;
      return including.length === 0 || including.some((filter) => isMet(filter, value));
    };
  });
  return (item) => tests.every((test) => test(item));
}

function isMet({ comparison, value: wanted = '' }: StringFilter, value: string): boolean {
  if (comparison === 'PREFIX') return value.startsWith(wanted);
  if (comparison === 'EQUALS') return value === wanted;
  throw invalid(`comparison: ${comparison} is none of EQUALS, PREFIX, NOT_EQUALS.`);
}

export const invalid = (message: string): AwsError =>
  new AwsError('ValidationException', message, 400, { reason: 'FIELD_VALIDATION_FAILED' });
