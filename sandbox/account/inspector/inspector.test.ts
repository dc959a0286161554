import type {
  BatchGetAccountStatusResponse,
  EnableResponse,
  Finding,
  ListCoverageResponse,
  ListFindingAggregationsResponse,
  ListFindingsResponse,
} from '@aws-sdk/client-inspector2';
import { Inspector2Client, ListFindingsCommand, ValidationException } from '@aws-sdk/client-inspector2';
import { describe, expect, it } from 'vitest';
import { RECORDED_EVENTS, recordedEvent } from '../../../test/recorded-events.ts';
import { HOUR_MS, MINUTE_MS, refusal, type TestAccount, testAccount } from '../../fleet/test-account.ts';
import { InMemoryNetwork } from '../../lambda/in-memory-network.ts';
import { AccountServer } from '../../wire/account-server.ts';

const RUNC = {
  id: 'CVE-2026-31415',
  severity: 'CRITICAL',
  package: 'runc',
  fixedInVersion: '1.2.9',
  publishedAt: '+1h',
  exploitAvailable: true,
  epss: 0.83,
  fixedSince: '+2h',
};
const CURL = { id: 'CVE-2026-27182', severity: 'MEDIUM', package: 'curl', publishedAt: '-30d' };
const NEWER = '1.33.5-20260715';

const account = (nodeGroup: object = {}, more: object = {}): TestAccount =>
  testAccount({
    releases: [
      { at: '-9d', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: '1.33.4-20260701' },
      { at: '+3h', kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD', releaseVersion: NEWER },
    ],
    inspector: { vulnerabilities: [RUNC, CURL] },
    clusters: [{ name: 'c', version: '1.33', nodeGroups: [{ name: 'g', desiredSize: 2, ...nodeGroup }] }],
    ...more,
  });

const list = (at: TestAccount, input: object = {}): Finding[] =>
  at.call<ListFindingsResponse>('inspector2', 'ListFindings', input).findings ?? [];
const equals = (...values: string[]) => values.map((value) => ({ comparison: 'EQUALS', value }));
const having = (filterCriteria: object) => ({ filterCriteria });
const coverage = (at: TestAccount) =>
  (
    at.call<ListCoverageResponse>('inspector2', 'ListCoverage', having({ scanType: equals('PACKAGE') }))
      .coveredResources ?? []
  ).map(({ scanStatus }) => `${scanStatus?.statusCode} ${scanStatus?.reason}`);
const told = (at: TestAccount, detailType = 'Inspector2 Finding') =>
  at.events.filter((event) => event.detailType === detailType);
const upgrade = (at: TestAccount) =>
  at.call('eks', 'UpdateNodegroupVersion', {
    clusterName: 'c',
    nodegroupName: 'g',
    version: '1.33',
    releaseVersion: NEWER,
  });

describe('a vulnerability', () => {
  it('that has long been known is found, and nobody hears of it now', async () => {
    const at = account();
    await at.play(30 * MINUTE_MS);
    expect(list(at).map(({ title, status }) => `${title} ${status}`)).toEqual(
      Array(2).fill('CVE-2026-27182 - curl ACTIVE'),
    );
    expect(told(at)).toEqual([]);
  });

  it('that gets known is found on each affected worker, with an event for each', async () => {
    const at = account();
    await at.play(HOUR_MS + 10 * MINUTE_MS);
    expect(list(at, having({ vulnerabilityId: equals(RUNC.id) }))).toHaveLength(2);
    expect(told(at).map(({ detail }) => detail)).toMatchObject(
      Array(2).fill({ severity: 'CRITICAL', status: 'ACTIVE', fixAvailable: 'YES', epss: { score: 0.83 } }),
    );
  });

  it.each([
    ['at least a score', [{ lowerInclusive: 0.83 }], [RUNC.id, RUNC.id]],
    ['at least a greater one', [{ lowerInclusive: 0.84 }], []],
    ['at most one: a score that is not known is none', [{ upperInclusive: 1 }], [RUNC.id, RUNC.id]],
    [
      'one of several ranges',
      [{ upperInclusive: 0.1 }, { lowerInclusive: 0.8, upperInclusive: 0.9 }],
      [RUNC.id, RUNC.id],
    ],
  ])('is listed by its EPSS score: %s', async (_what, epssScore, expected) => {
    const at = account();
    await at.play(HOUR_MS + 10 * MINUTE_MS);
    const found = list(at, having({ epssScore }));
    expect(found.map(({ packageVulnerabilityDetails }) => packageVulnerabilityDetails?.vulnerabilityId)).toEqual(
      expected,
    );
  });

  it('closes when its node is replaced by a release that fixes it, and comes back with the node when it does not', async () => {
    const at = account();
    await at.play(3 * HOUR_MS + MINUTE_MS);
    upgrade(at);
    await at.play(HOUR_MS);
    const open = list(at, having({ findingStatus: equals('ACTIVE') }));
    expect(open.map(({ title }) => title)).toEqual(Array(2).fill('CVE-2026-27182 - curl'));
    expect(
      open.every(({ firstObservedAt }) => (firstObservedAt?.getTime() ?? 0) > at.state.world.time.now - HOUR_MS),
    ).toBe(true);
    const closed = told(at).filter(({ detail }) => (detail as { status: string }).status === 'CLOSED');
    expect(closed).toHaveLength(4);
    expect(told(at, 'Inspector2 Scan')).toHaveLength(2);
  });

  it('is on custom AMIs unless it is bound to AMI types', async () => {
    const custom = { amiType: 'CUSTOM', launchTemplate: { imageId: 'ami-0123456789abcdef0' } };
    const bound = { ...CURL, id: 'CVE-2026-10000', amiTypes: ['AL2023_x86_64_STANDARD'] };
    const at = account(custom, { inspector: { vulnerabilities: [CURL, bound] } });
    await at.play(MINUTE_MS);
    expect(list(at).map(({ title }) => title)).toEqual(Array(2).fill('CVE-2026-27182 - curl'));
  });

  it('that is suppressed says so', async () => {
    const at = account();
    await at.play(HOUR_MS + 10 * MINUTE_MS);
    at.state.inspector.suppress(RUNC.id);
    expect(list(at, having({ findingStatus: equals('SUPPRESSED') }))).toHaveLength(2);
    expect(told(at).at(-1)?.detail).toMatchObject({ status: 'SUPPRESSED' });
  });

  it('is forgotten three days after it closed', async () => {
    const at = account();
    await at.play(3 * HOUR_MS + MINUTE_MS);
    upgrade(at);
    await at.play(HOUR_MS);
    expect(list(at, having({ findingStatus: equals('CLOSED') }))).toHaveLength(4);
    await at.play(72 * HOUR_MS);
    expect(list(at, having({ findingStatus: equals('CLOSED') }))).toEqual([]);
  });
});

describe('coverage', () => {
  it.each([
    ['answers', {}, 'ACTIVE SUCCESSFUL'],
    ['does not answer', { ssm: { agent: 'missing' } }, 'INACTIVE UNMANAGED_EC2_INSTANCE'],
  ])('of a worker whose agent %s', async (_how, nodeGroup, expected) => {
    const at = account(nodeGroup);
    await at.play(MINUTE_MS);
    expect(coverage(at)).toEqual([expected, expected]);
  });

  it("of a worker that Inspector's own scanner scans, without an SSM agent", async () => {
    const at = account({ ssm: { agent: 'missing' } }, { inspector: { vmScanner: true, vulnerabilities: [CURL] } });
    await at.play(MINUTE_MS);
    expect(coverage(at)).toEqual(Array(2).fill('ACTIVE SUCCESSFUL'));
    const scanMode = equals('EC2_INSPECTOR_AGENT_BASED');
    const input = having({ scanType: equals('PACKAGE'), scanMode });
    expect(at.call<ListCoverageResponse>('inspector2', 'ListCoverage', input).coveredResources).toHaveLength(2);
  });

  it('of a worker that is not scanned for the reason that the fleet file says', async () => {
    const at = account({}, { inspector: { notScanned: [{ nodeGroup: 'g', reason: 'STALE_INVENTORY' }] } });
    expect(coverage(at)).toEqual(Array(2).fill('INACTIVE STALE_INVENTORY'));
  });

  it('of a worker that is excluded by its tag', async () => {
    const at = account();
    at.state.instances.list()[0]?.tags.set('InspectorEc2Exclusion', '');
    expect(coverage(at).filter((state) => state === 'INACTIVE EXCLUDED_BY_TAG')).toHaveLength(1);
  });

  it('is told of when a launched worker cannot be scanned, as AWS tells it', async () => {
    const at = account({ ssm: { agent: 'missing' } }, { launches: [{ at: '+1m', cluster: 'c', nodeGroup: 'g' }] });
    await at.play(20 * MINUTE_MS);
    const launched = at.state.instances.list().at(-1)?.id;
    expect(told(at, 'Inspector2 Coverage')).toMatchObject([
      { resources: [launched], detail: { scanStatus: { reason: 'UNMANAGED_EC2_INSTANCE' } } },
    ]);
    at.state.agents.installed(launched ?? '');
    await at.play(HOUR_MS);
    expect(list(at, having({ resourceId: equals(launched ?? '') }))).not.toEqual([]);
  });
});

describe('ListFindings', () => {
  it('gives the gravest first, in pages', async () => {
    const at = account();
    await at.play(2 * HOUR_MS);
    const sortCriteria = { field: 'SEVERITY', sortOrder: 'DESC' };
    const first = at.call<ListFindingsResponse>('inspector2', 'ListFindings', { sortCriteria, maxResults: 3 });
    const rest = list(at, { sortCriteria, maxResults: 3, nextToken: first.nextToken });
    expect([...(first.findings ?? []), ...rest].map(({ severity }) => severity)).toEqual([
      'CRITICAL',
      'CRITICAL',
      'MEDIUM',
      'MEDIUM',
    ]);
  });

  it('joins criteria by AND, values by OR', async () => {
    const at = account();
    await at.play(2 * HOUR_MS);
    const [first] = at.state.instances.list();
    const count = (criteria: object) => list(at, having(criteria)).length;
    expect(count({ severity: equals('CRITICAL', 'MEDIUM') })).toBe(4);
    expect(count({ severity: equals('CRITICAL'), resourceId: equals(first?.id ?? '') })).toBe(1);
    expect(count({ severity: [{ comparison: 'NOT_EQUALS', value: 'CRITICAL' }] })).toBe(2);
    expect(count({ vulnerabilityId: [{ comparison: 'PREFIX', value: 'CVE-2026-3' }] })).toBe(2);
  });

  it.each([
    ['eleven values', having({ resourceId: equals(...Array(11).fill('i-1')) }), 'ValidationException'],
    ['no values', having({ resourceId: [] }), 'ValidationException'],
    ['too large a page', { maxResults: 101 }, 'ValidationException'],
    ['a token of somebody else', { nextToken: 'x' }, 'ValidationException'],
    ['a criterion it does not know', having({ title: equals('x') }), 'NotImplementedBySandbox'],
    ['another order', { sortCriteria: { field: 'EPSS_SCORE', sortOrder: 'DESC' } }, 'NotImplementedBySandbox'],
  ])('refuses %s', (_what, input, code) => {
    expect(refusal(() => list(account(), input)).code).toBe(code);
  });

  it('speaks the protocol that the SDK expects, dates and errors among it', async () => {
    const at = account();
    await at.play(2 * HOUR_MS);
    const identify = () => ({ function: 'operator' });
    const server = new AccountServer({ services: [at.service('inspector2')], world: at.state.world, identify });
    const { https } = new InMemoryNetwork(server.http).attach((effect) => effect());
    const client = new Inspector2Client({
      region: 'eu-central-1',
      credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' },
      requestHandler: { httpsAgent: new https.Agent() },
    });
    const { findings = [] } = await client.send(new ListFindingsCommand({ maxResults: 1 }));
    expect(findings[0]?.updatedAt).toBeInstanceOf(Date);
    expect(findings).toEqual(list(at, { maxResults: 1 }));
    await expect(client.send(new ListFindingsCommand({ maxResults: 1000 }))).rejects.toThrow(ValidationException);
  });
});

it('ListFindingAggregations counts the open findings of each instance', async () => {
  const at = account();
  await at.play(2 * HOUR_MS);
  const { responses = [] } = at.call<ListFindingAggregationsResponse>('inspector2', 'ListFindingAggregations', {
    aggregationType: 'AWS_EC2_INSTANCE',
  });
  expect(responses.map((response) => response.ec2InstanceAggregation?.severityCounts)).toEqual(
    Array(2).fill({ all: 2, critical: 1, high: 0, medium: 1 }),
  );
});

describe('an account in which EC2 scanning is off', () => {
  const status = (at: TestAccount) =>
    at.call<BatchGetAccountStatusResponse>('inspector2', 'BatchGetAccountStatus').accounts?.[0]?.resourceState?.ec2;

  it('has no findings and no coverage, until Enable switches it on', async () => {
    const at = account({}, { inspector: { ec2: false, vulnerabilities: [CURL] } });
    await at.play(HOUR_MS);
    expect([status(at)?.status, list(at), coverage(at)]).toEqual(['DISABLED', [], []]);
    const answer = at.call<EnableResponse>('inspector2', 'Enable', { resourceTypes: ['EC2'] });
    expect(answer.accounts).toMatchObject([{ resourceStatus: { ec2: 'ENABLING' } }]);
    await at.play(HOUR_MS);
    expect([status(at)?.status, list(at).length, told(at).length]).toEqual(['ENABLED', 2, 2]);
  });

  it('knows no other account', () => {
    const at = account();
    const other = { accountIds: ['999999999999'] };
    expect(at.call<BatchGetAccountStatusResponse>('inspector2', 'BatchGetAccountStatus', other)).toMatchObject({
      accounts: [],
      failedAccounts: [{ accountId: '999999999999', errorCode: 'ACCESS_DENIED' }],
    });
  });
});

describe.runIf(RECORDED_EVENTS.size > 0)('an event', () => {
  it('of a finding reads like the recorded one: the same members, dates of the same form', async () => {
    const payload = recordedEvent('inspector2-finding-ec2-package-vulnerability.json');
    const at = account();
    await at.play(2 * HOUR_MS);
    const detail = told(at)[0]?.detail as Record<string, unknown>;
    const extra = new Set(['inspectorScore', 'inspectorScoreDetails']);
    expect(Object.keys(detail).sort()).toEqual(
      Object.keys(payload.detail)
        .filter((key) => !extra.has(key))
        .sort(),
    );
    const form = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d\.\d{3} UTC \d{4}$/;
    for (const date of ['firstObservedAt', 'lastObservedAt', 'updatedAt']) {
      expect(payload.detail[date]).toMatch(form);
      expect(detail[date]).toMatch(form);
    }
    expect(detail.firstObservedAt).toMatch(/^Tue Jul 14 13:0\d:/);
  });
});
