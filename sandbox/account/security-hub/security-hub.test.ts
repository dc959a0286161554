import {
  type AwsSecurityFinding,
  BatchImportFindingsCommand,
  GetFindingsCommand,
  type GetFindingsCommandInput,
  InvalidAccessException,
  InvalidInputException,
  SecurityHubClient,
} from '@aws-sdk/client-securityhub';
import { describe, expect, it } from 'vitest';
import { InMemoryNetwork } from '../../lambda/in-memory-network.ts';
import { Random } from '../../time/random.ts';
import { VirtualTime } from '../../time/virtual-time.ts';
import { AccountServer } from '../../wire/account-server.ts';
import { SecurityHub } from './security-hub.ts';

const FINDING: AwsSecurityFinding = {
  SchemaVersion: '2018-10-08',
  Id: 'shop/web/no-route',
  ProductArn: 'arn:aws:securityhub:eu-central-1:111122223333:product/111122223333/default',
  GeneratorId: 'a-check',
  AwsAccountId: '111122223333',
  Types: ['Software and Configuration Checks/AWS Security Best Practices'],
  CreatedAt: '2026-07-14T18:00:00.000Z',
  UpdatedAt: '2026-07-14T18:00:00.000Z',
  Severity: { Label: 'HIGH' },
  Title: 'no-route: shop/web',
  Description: 'There is no route.',
  Resources: [{ Type: 'AwsEc2Instance', Id: 'arn:aws:ec2:eu-central-1:111122223333:instance/i-1' }],
  Compliance: { Status: 'FAILED' },
};

function hub(enabled = true) {
  const time = new VirtualTime(0);
  const random = new Random(1);
  const world = {
    accountId: '111122223333',
    region: 'eu-central-1',
    partition: 'aws',
    time,
    random,
    emit: () => {},
  } as const;
  const { service } = new SecurityHub(world, enabled);
  const server = new AccountServer({ services: [service], world, identify: () => ({ function: 'operator' }) });
  const { https } = new InMemoryNetwork(server.http).attach((effect) => effect());
  const client = new SecurityHubClient({
    region: world.region,
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
    requestHandler: { httpsAgent: new https.Agent({ keepAlive: true }) },
    maxAttempts: 1,
  });
  return {
    import: (...Findings: AwsSecurityFinding[]) => client.send(new BatchImportFindingsCommand({ Findings })),
    find: async (Filters: GetFindingsCommandInput['Filters'] = {}, more: Partial<GetFindingsCommandInput> = {}) =>
      client.send(new GetFindingsCommand({ Filters, ...more })),
  };
}

describe('BatchImportFindings', () => {
  it('keeps a finding, and changes it when it comes again and is newer', async () => {
    const { import: importFindings, find } = hub();
    expect(await importFindings(FINDING)).toMatchObject({ SuccessCount: 1, FailedCount: 0 });
    await importFindings({ ...FINDING, Title: 'not newer' });
    expect((await find()).Findings).toMatchObject([{ ...FINDING, RecordState: 'ACTIVE' }]);
    const cured = {
      Compliance: { Status: 'PASSED' },
      RecordState: 'ARCHIVED',
      UpdatedAt: '2026-07-14T19:00:00Z',
    } as const;
    await importFindings({ ...FINDING, ...cured });
    expect((await find()).Findings).toMatchObject([cured]);
  });

  it.each<[string, Partial<AwsSecurityFinding>]>([
    ['SchemaVersion', { SchemaVersion: '2017-01-01' }],
    ['AwsAccountId', { AwsAccountId: '999999999999' }],
    ['ProductArn', { ProductArn: 'arn:aws:securityhub:eu-central-1::product/aws/inspector' }],
    ['Id', { Id: 'x'.repeat(513) }],
    ['GeneratorId', { GeneratorId: '' }],
    ['Title', { Title: 'x'.repeat(257) }],
    ['Description', { Description: 'x'.repeat(1025) }],
    ['CreatedAt', { CreatedAt: 'yesterday' }],
    ['UpdatedAt', { UpdatedAt: '2026-07-14' }],
    ['Severity', { Severity: { Normalized: 50 } }],
    ['Types', { Types: [] }],
    ['Types', { Types: ['Our Own Kind'] }],
    ['Resources', { Resources: [] }],
    ['Recommendation', { Remediation: { Recommendation: { Text: 'x'.repeat(513) } } }],
  ])('fails a finding whose %s is not as the format says: %j', async (member, wrong) => {
    const { import: importFindings, find } = hub();
    const answer = await importFindings(FINDING, { ...FINDING, Id: 'wrong', ...wrong });
    expect(answer).toMatchObject({ SuccessCount: 1, FailedCount: 1 });
    expect(answer.FailedFindings).toMatchObject([
      { ErrorCode: 'InvalidInput', ErrorMessage: expect.stringContaining(member) },
    ]);
    expect((await find()).Findings).toHaveLength(1);
  });

  it('takes a hundred at a time', async () => {
    const many = Array.from({ length: 101 }, (_, index) => ({ ...FINDING, Id: `finding ${index}` }));
    await expect(hub().import(...many)).rejects.toThrow(InvalidInputException);
    expect(await hub().import(...many.slice(1))).toMatchObject({ SuccessCount: 100 });
  });

  it('is refused while nobody has switched Security Hub on', async () => {
    await expect(hub(false).import(FINDING)).rejects.toThrow(InvalidAccessException);
  });

  it('refuses aloud a member that would be lost', async () => {
    await expect(hub().import({ ...FINDING, Confidence: 5 })).rejects.toThrow('the member Confidence');
  });
});

it('GetFindings finds by id, state and status, in pages', async () => {
  const { import: importFindings, find } = hub();
  const archived = { RecordState: 'ARCHIVED', Compliance: { Status: 'PASSED' } } as const;
  await importFindings(FINDING, { ...FINDING, Id: 'shop/api/no-route', ...archived }, { ...FINDING, Id: 'data/x' });
  const ids = ({ Findings = [] }: { Findings?: AwsSecurityFinding[] | undefined }) => Findings.map(({ Id }) => Id);
  expect(ids(await find({ Id: [{ Comparison: 'PREFIX', Value: 'shop/' }] }))).toEqual([
    'shop/api/no-route',
    FINDING.Id,
  ]);
  expect(ids(await find({ RecordState: [{ Comparison: 'EQUALS', Value: 'ARCHIVED' }] }))).toEqual([
    'shop/api/no-route',
  ]);
  expect(ids(await find({ ComplianceStatus: [{ Comparison: 'EQUALS', Value: 'FAILED' }] }))).toEqual([
    'data/x',
    FINDING.Id,
  ]);
  const first = await find({}, { MaxResults: 2 });
  expect([ids(first), ids(await find({}, { NextToken: first.NextToken }))]).toEqual([
    ['data/x', 'shop/api/no-route'],
    [FINDING.Id],
  ]);
  await expect(find({ Title: [{ Comparison: 'EQUALS', Value: 'x' }] })).rejects.toThrow('the filter Title');
});
