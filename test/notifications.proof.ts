import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { detail as incidentDetail, sample as incidentSample } from '../events/remediation-incident.ts';
import { compileEventPattern } from '../sandbox/account/event-bridge/event-pattern.ts';
import { compileFilterPattern } from '../sandbox/account/logs/filter-pattern.ts';
import type { Published } from '../sandbox/account/sns/sns.ts';
import type { Run } from '../sandbox/play.ts';
import { readSynthesizedStack } from '../sandbox/stack/template.ts';
import { deadLetterCount, MINUTE, playThrough, type Scenario, start } from './harness.ts';
import { findingsIn } from './security-hub.fixture.ts';
import { launch } from './ssm-agent.fixture.ts';

const DEMO = {
  fleet: 'demo',
  inProcess: true,
  // A worker of web is in quarantine, and by default its upgrade would wait for that.
  policy: { upgrades: { bakeAge: '1h', waitForQuarantine: '0m' }, notifications: { securityHub: 'enforce' } },
  play: '6h',
} as const;

let run: Run;
beforeAll(async () => {
  run = await playThrough(DEMO);
}, 60_000);

const published = ({ account }: Run): Published[] =>
  account.sns.published.filter(({ topicArn }) => topicArn === account.stack.outputs.NotificationTopicArn);
/** The subjects that people read, without the stack's name. */
const subjects = (of: Run): string[] =>
  published(of).map(({ subject = '' }) => subject.replace('[eks-host-remediator] ', ''));
const callsOf = ({ calls }: Run) => calls.filter((call) => call.function === 'notify-stories');

/** The incident events published on the bus. */
const incidents = (of: Run) =>
  callsOf(of)
    .filter(({ operation }) => operation === 'PutEvents')
    .flatMap(({ input }) => (input as { Entries: Array<{ Detail: string }> }).Entries)
    .map(({ Detail }) => incidentDetail().parse(JSON.parse(Detail)));

/** Delivers the whole log again, like a repeated delivery by CloudWatch Logs. */
function deliverAgain({ account }: Run): void {
  const group = account.logs.group(String(account.stack.outputs.LogGroupName));
  const logEvents = group.events.map(({ message }) => ({ message }));
  const content = JSON.stringify({ messageType: 'DATA_MESSAGE', logEvents });
  const event = { awslogs: { data: gzipSync(content).toString('base64') } };
  const found = account.lambda.functions.find(({ label }) => label === 'notify-stories');
  account.lambda.invokeAsynchronously(found?.arn ?? '', event);
}

describe('an incident', () => {
  it('is two messages, the act and its end, however many records it has', () => {
    const aboutWeb = run.records.filter(({ nodegroup, instance }) => nodegroup === 'web' && instance === undefined);
    expect(aboutWeb.length).toBeGreaterThan(5);
    expect(subjects(run).filter((subject) => subject.includes(' shop/web:'))).toEqual([
      'low, opened: shop/web: upgrade-started',
      'informational, ended: shop/web: upgraded',
    ]);
  });

  it('is one message more when it gets worse', () => {
    expect(subjects(run).filter((subject) => subject.includes(' data/postgres:'))).toEqual([
      'low, opened: data/postgres: upgrade-started',
      'medium, worsened: data/postgres: upgrade-failed',
      'informational, ended: data/postgres: upgraded',
    ]);
  });

  it('that befalls several workers at once is one message for them together', () => {
    expect(subjects(run)).toContainEqual(
      expect.stringMatching(/^low, opened: data\/postgres\/i-\w+ and 1 more: policy-attached$/),
    );
  });

  it('is published as text for mail and as a notification in the thread of the incident for chat', () => {
    const forms = published(run).filter(({ subject }) => subject?.includes(' shop/web:'));
    const threads = new Set(forms.map(({ message }) => JSON.parse(message).metadata.threadId));
    expect([...threads]).toEqual(['1.35/AL2023_x86_64_STANDARD 1.35.6-20260714']);
    for (const form of forms) expect(form.forms?.email).toMatch(/^shop\/web: /);
  });

  it('is the same as an event on the bus, by its published schema', () => {
    const said = incidents(run).map(({ phase, severity, reason }) => `${severity}, ${phase} ${reason}`);
    const mailed = published(run).map(({ message }) => JSON.parse(message).metadata.additionalContext);
    expect(said).toEqual(mailed.map(({ phase, severity, reason }) => `${severity}, ${phase} ${reason}`));
    expect(said.length).toBeGreaterThan(8);
  });
});

describe('nothing is told twice', () => {
  it('when the whole log is delivered again', async () => {
    const [before, count] = [subjects(run), callsOf(run).length];
    deliverAgain(run);
    await run.account.play(5 * MINUTE);
    expect(callsOf(run).length).toBeGreaterThan(count);
    expect(subjects(run)).toEqual(before);
  });

  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('when the function dies %s it has published, but for that one message', async (when, repeated) => {
    const scenario: Scenario = { ...launch('nodeGroup', { managedPolicy: false }), inProcess: true, seed: 3 };
    const clean = await start(scenario);
    const call = callsOf(clean).findIndex(({ operation }) => operation === 'Publish') + 1;
    const crashed = await start({ ...scenario, faults: { crash: { function: 'notify-stories', call, when } } });
    expect(subjects(clean).length).toBe(2);
    expect(subjects(crashed).sort()).toEqual([...subjects(clean), ...subjects(clean).slice(0, repeated)].sort());
    expect(deadLetterCount(crashed)).toBe(0);
  });
});

it('an invalid policy is told of once, by the defaults', async () => {
  const invalid = await playThrough({ inProcess: true, fleet: 'demo', policy: { upgrade: {} }, play: '4h' });
  expect(invalid.records.filter(({ reason }) => reason === 'policy-invalid').length).toBeGreaterThan(3);
  expect(subjects(invalid).filter((subject) => subject.endsWith('policy-invalid'))).toEqual([
    expect.stringMatching(/^high, opened: /),
  ]);
});

it('the policy can have nothing told', async () => {
  const quiet = await playThrough({ ...DEMO, policy: { notifications: { mode: 'off' } }, play: '90m' });
  expect([subjects(quiet), incidents(quiet), await findingsIn(quiet)]).toEqual([[], [], []]);
});

describe('Security Hub', () => {
  it('has what failed until it is cured, and nothing unless the policy says so', async () => {
    expect(await findingsIn(run)).toEqual([
      'check-posture data/self-managed:data-tools/posture-failed/SELINUX.1 FAILED ACTIVE',
      'triage-findings shop/batch/urgent-without-ami PASSED ARCHIVED',
      'upgrade-node-groups data/postgres/upgrade-failed PASSED ARCHIVED',
    ]);
    const open = await playThrough({
      inProcess: true,
      ...launch('nodeGroup', { instanceProfile: false }),
      policy: { notifications: { securityHub: 'enforce' } },
    });
    expect(await findingsIn(open)).toEqual([
      expect.stringMatching(/^manage-ssm-agent shop\/g\/i-\w+\/no-instance-profile FAILED ACTIVE$/),
    ]);
  });

  it('that is not switched on keeps nobody from hearing, and leaves a dead letter', async () => {
    const { fleet, ...scenario } = launch('nodeGroup', { instanceProfile: false });
    const off = await playThrough({
      inProcess: true,
      ...scenario,
      fleet: Object.assign({ securityHub: false }, fleet),
      policy: { notifications: { securityHub: 'enforce' } },
    });
    expect(subjects(off)).toEqual([expect.stringMatching(/^high, opened: shop\/g\/i-\w+: no-instance-profile$/)]);
    expect(deadLetterCount(off)).toBe(1);
  });
});

describe('a loop is impossible', () => {
  const resources = Object.values(readSynthesizedStack(inject('template')).template.Resources);

  it('since nothing that the function writes is a record that would come back to it', () => {
    const filters = resources.filter(({ Type }) => Type === 'AWS::Logs::SubscriptionFilter');
    expect(filters).toHaveLength(1);
    const matches = compileFilterPattern(String(filters[0]?.Properties.FilterPattern));
    const name = run.account.lambda.functions.find(({ label }) => label === 'notify-stories')?.name ?? '';
    const { LogGroupName, FedLogGroupName } = run.account.stack.outputs;
    const { events } = run.account.logs.group(String(LogGroupName));
    expect(events.filter(({ stream }) => stream.includes(name))).toEqual([]);
    // The function has its own log group, without which it would trigger itself.
    const own = run.account.logs.group(String(FedLogGroupName)).events;
    expect(own.length).toBeGreaterThan(20);
    expect(own.filter(({ message }) => matches(message))).toEqual([]);
    expect(events.filter(({ message }) => matches(message)).length).toBeGreaterThan(20);
  });

  it('and no rule of the stack listens to its stories', () => {
    const patterns = resources
      .filter(({ Type, Properties }) => Type === 'AWS::Events::Rule' && Properties.EventPattern !== undefined)
      // Without the references to the stack's account and region.
      .map(({ Properties }) => ({ ...(Properties.EventPattern as object), account: undefined, region: undefined }))
      .map((pattern): unknown => JSON.parse(JSON.stringify(pattern)));
    expect(patterns.length).toBeGreaterThan(3);
    expect(patterns.filter((pattern) => compileEventPattern(pattern)(incidentSample))).toEqual([]);
  });
});
