import type { AwsSecurityFinding } from '@aws-sdk/client-securityhub';
import { NotImplemented } from '../../wire/aws-error.ts';

/** The members of the AWS Security Finding Format that the sandbox keeps. Any other is refused loudly. */
const MEMBERS: ReadonlySet<string> = new Set<keyof AwsSecurityFinding>([
  'SchemaVersion',
  'Id',
  'ProductArn',
  'ProductName',
  'GeneratorId',
  'AwsAccountId',
  'Region',
  'Types',
  'CreatedAt',
  'UpdatedAt',
  'FirstObservedAt',
  'LastObservedAt',
  'Severity',
  'Title',
  'Description',
  'Remediation',
  'ProductFields',
  'Resources',
  'Compliance',
  'RecordState',
]);

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)$/;
const TYPE =
  /^(Software and Configuration Checks|TTPs|Effects|Unusual Behaviors|Sensitive Data Identifications)(\/[^/]+){0,2}$/;
const SEVERITIES = ['INFORMATIONAL', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'];
const STATUSES = ['PASSED', 'WARNING', 'FAILED', 'NOT_AVAILABLE'];

/** The importing account, and the product that it may import into. */
export interface Importer {
  readonly accountId: string;
  readonly productArn: string;
}

/**
 * Security Hub's objection to a finding, such as `data.Title should NOT be longer than 256 characters`.
 * @see https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-findings-format.html
 */
export function faultOf(finding: AwsSecurityFinding, { accountId, productArn }: Importer): string | undefined {
  const unknown = Object.keys(finding).find((member) => !MEMBERS.has(member));
  if (unknown !== undefined) throw new NotImplemented(`securityhub.BatchImportFindings with the member ${unknown}`);
  const { Resources = [], Severity, Types = [], RecordState, Compliance, ProductFields = {} } = finding;
  const faults: Array<string | false> = [
    finding.SchemaVersion !== '2018-10-08' && 'data.SchemaVersion should be equal to one of the allowed values',
    finding.AwsAccountId !== accountId && 'data.AwsAccountId should be the account that imports',
    finding.ProductArn !== productArn && `data.ProductArn should be ${productArn}`,
    ...lengthFaults(finding),
    ...(['CreatedAt', 'UpdatedAt', 'FirstObservedAt', 'LastObservedAt'] as const).map(
      (member) =>
        finding[member] !== undefined &&
        !TIME.test(finding[member] ?? '') &&
        `data.${member} should match format "date-time"`,
    ),
    Severity === undefined && "data should have required property 'Severity'",
    !SEVERITIES.includes(Severity?.Label ?? '') && 'data.Severity.Label should be equal to one of the allowed values',
    (Types.length === 0 || Types.length > 50) && 'data.Types should have 1 to 50 items',
    Types.some((type) => !TYPE.test(type)) && 'data.Types should be of the form namespace/category/classifier',
    (Resources.length === 0 || Resources.length > 32) && 'data.Resources should have 1 to 32 items',
    Resources.some(({ Id = '', Type = '' }) => Id === '' || Type === '') && 'data.Resources should have Id and Type',
    Resources.some(({ Details }) => Object.keys(Details?.Other ?? {}).length > 50) &&
      'data.Resources.Details.Other should NOT have more than 50 properties',
    Object.keys(ProductFields).length > 50 && 'data.ProductFields should NOT have more than 50 properties',
    RecordState !== undefined && !['ACTIVE', 'ARCHIVED'].includes(RecordState) && 'data.RecordState is unknown',
    Compliance?.Status !== undefined && !STATUSES.includes(Compliance.Status) && 'data.Compliance.Status is unknown',
  ];
  return faults.find((fault) => fault !== false);
}

function lengthFaults(finding: AwsSecurityFinding): Array<string | false> {
  const longest = { Id: 512, GeneratorId: 512, Title: 256, Description: 1_024 } as const;
  const texts = Object.entries(longest).map(([member, length]): [string, string, number] => [
    member,
    finding[member as keyof typeof longest] ?? '',
    length,
  ]);
  const recommendation = finding.Remediation?.Recommendation?.Text;
  return [
    ...texts.flatMap(([member, text, length]) => [
      text === '' && `data.${member} should NOT be shorter than 1 characters`,
      text.length > length && `data.${member} should NOT be longer than ${length} characters`,
    ]),
    (recommendation?.length ?? 0) > 512 &&
      'data.Remediation.Recommendation.Text should NOT be longer than 512 characters',
  ];
}
