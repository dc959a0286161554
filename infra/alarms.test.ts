import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { REMEDIATIONS } from '../functions/remediations.ts';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import { functionNames } from './bundle.ts';
import { ALL_RUNBOOKS, RUNBOOK_SECTIONS } from './runbook.ts';
import { type Resource, resourcesOf, templateOf } from './stack-under-test.ts';

const template = templateOf();
const alarmsOf = (from = template) => resourcesOf(from, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties);
const idsOf = (type: string) => resourcesOf(template, type).map(({ id }) => id);

/** All alarms: those on metrics, and the composite one. */
const everyAlarm = (from = template) => [
  ...alarmsOf(from),
  ...resourcesOf(from, 'AWS::CloudWatch::CompositeAlarm').map(({ Properties }) => Properties),
];
const nameOf = ({ AlarmName }: { AlarmName?: string }): string => AlarmName ?? '';

/** A text of the template as CloudFormation resolves it, with `named` for resources and their attributes. */
function made(text: unknown, named: (id: string) => string): string {
  if (typeof text === 'string') return text;
  const [[intrinsic, operand]] = Object.entries(text as Record<string, unknown>) as [[string, unknown]];
  if (intrinsic === 'Ref') return named(String(operand));
  if (intrinsic === 'Fn::GetAtt') return named((operand as string[]).join('.'));
  const [, , otherwise] = operand as unknown[];
  if (intrinsic === 'Fn::If') return made(otherwise, named);
  const [separator, parts] = operand as [string, unknown[]];
  return parts.map((part) => made(part, named)).join(separator);
}
const GIVEN = { 'AWS::Region': 'eu-central-1' } as Readonly<Record<string, string>>;
const described = ({ AlarmDescription }: { AlarmDescription?: unknown }) =>
  made(AlarmDescription, (id) => GIVEN[id] ?? `<${id}>`);

/** The subcommands of the operators' command that a text names. */
const remediatorCommands = (text: string): string[] =>
  [...new Set([...text.matchAll(/npx eks-host-remediator (\w+)/g)].map(([, command = '']) => command))].sort();

const runbookPage = readFileSync(join(import.meta.dirname, '..', 'docs', 'runbook.md'), 'utf8');
const sections = [...runbookPage.matchAll(/^## (.*)$/gm)].map(([, title = '']) => title);

describe('every alarm', () => {
  const topicOf = (prefix: string) => {
    const topics = idsOf('AWS::SNS::Topic').filter((id) => id.startsWith(prefix));
    expect(topics).toHaveLength(1);
    return { Ref: topics[0] };
  };

  it.each(alarmsOf().map((alarm) => [nameOf(alarm), alarm]))('goes to the topic: %s', (_name, alarm) => {
    expect(alarm.AlarmActions).toEqual([topicOf('AlarmsTopic')]);
  });

  it('of the whole goes to both topics, and is the only one that pages', () => {
    const [{ Properties }] = resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm') as [Resource];
    expect(Properties.AlarmActions).toEqual([topicOf('AlarmsTopic'), topicOf('AlarmsPageTopic')]);
    expect(Properties.OKActions).toEqual(Properties.AlarmActions);
  });

  it('is called by its stack, its section of the runbook, and the function where several have one', () => {
    const names = everyAlarm().map(nameOf);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('eks-host-remediator-unhealthy');
    expect(names).toContain('eks-host-remediator-waiting-requests-quarantine-workers');
    expect(names).toContain('eks-host-remediator-quarantine-failed');
    const known = sections.map((section) => `eks-host-remediator-${section}`);
    expect(names.filter((name) => !known.some((begin) => name.startsWith(begin)))).toEqual([]);
    for (const name of names) expect(name.length).toBeLessThanOrEqual(255 - 128 + 'eks-host-remediator'.length);
  });

  it.each(everyAlarm().map((alarm) => [nameOf(alarm), described(alarm)]))(
    'says what to do: %s',
    (name, description) => {
      const [means, first, then, link, ...others] = description.split('\n');
      expect(means).toMatch(/\.$/);
      expect(first).toMatch(/^First: aws /);
      expect(then).toMatch(/^Then: .*\.$/);
      const [, section = '', url] = /^Runbook: (\S+) in (.*)$/.exec(link ?? '') ?? [];
      expect(sections).toContain(section);
      expect(name.startsWith(`eks-host-remediator-${section}`)).toBe(true);
      expect(url).toBe(
        'https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#dashboards/dashboard/eks-host-remediator',
      );
      expect(others).toEqual([]);
      // No placeholder is left.
      expect(description).not.toMatch(/LOG_GROUP|QUEUE_(URL|ARN)|POLICY_PARAMETER|STACK/);
    },
  );

  it('names the log group and the queue that are its own', () => {
    const textOf = (name: string) =>
      described(everyAlarm().find((alarm) => nameOf(alarm) === `eks-host-remediator-${name}`)!);
    expect(textOf('function-errors')).toMatch(/--log-group-name <Logs[0-9A-F]+> /);
    expect(textOf('dead-letters')).toMatch(/--log-group-name <Logs[0-9A-F]+> .*dead-letters/);
    expect(textOf('undelivered')).toMatch(/--queue-url <UndeliveredQueue[0-9A-F]+>/);
    const urgent = /--event-source-arn <QuarantineWorkersQueue[0-9A-F]+\.Arn>/;
    expect(textOf('waiting-requests-quarantine-workers')).toMatch(urgent);
    expect(textOf('waiting-requests')).toMatch(/--log-group-name <Logs[0-9A-F]+> .*waiting-requests/);
  });

  it('promises that work comes again by itself only where it does', () => {
    const textOf = (name: string) =>
      described(everyAlarm().find((alarm) => nameOf(alarm) === `eks-host-remediator-${name}`)!);
    expect(textOf('function-errors')).toContain('The messages of a batch come again by themselves,');
    expect(textOf('function-errors')).toContain('the next run makes up for a scheduled one');
    expect(textOf('function-errors')).toContain('records are tried twice more');
    expect(textOf('function-errors')).toContain('A request made on the dashboard does not come back by itself.');
    for (const name of ['dead-letters', 'undelivered']) {
      expect(textOf(name)).toMatch(/operator.*must ask again|operator does not come back by itself, so ask again/);
    }
    // SQS cannot move messages back to Lambda.
    expect(textOf('dead-letters')).toContain('notify-stories or watch-support-dates tells of cannot be moved.');
  });

  it('says so within what CloudWatch takes, however long the names are', () => {
    const stackName = `s${'x'.repeat(127)}`;
    const longest = (id: string) => {
      if (id === 'AWS::Region') return 'ap-southeast-1';
      // A queue has at most 80 characters after its host and account; the log group has its stack's name and an id.
      return /Queue|Letters|Undelivered/.test(id) ? 'q'.repeat(135) : 'l'.repeat(128 + 60);
    };
    for (const alarm of everyAlarm(templateOf({ stackName }))) {
      const text = made(alarm.AlarmDescription, longest);
      expect(text.length, nameOf(alarm)).toBeLessThanOrEqual(1024);
      expect(nameOf(alarm).length).toBeLessThanOrEqual(255);
    }
  });

  it('names its stack to the command where that is not the one that it looks for by itself', () => {
    const texts = everyAlarm(templateOf({ stackName: 'second' })).map(described);
    const commands = texts.filter((text) => text.includes('npx eks-host-remediator '));
    expect(commands.length).toBeGreaterThan(3);
    for (const text of commands) expect(text).toContain('. Commands take --stack second.\n');
  });

  it('has its section in docs/runbook.md, and no section is about none', () => {
    expect(sections.toSorted()).toEqual(RUNBOOK_SECTIONS.toSorted());
  });

  it.each(RUNBOOK_SECTIONS)('names the commands that its section names: %s', (section) => {
    const texts = ALL_RUNBOOKS.filter((each) => each.section === section);
    const [, page = ''] = runbookPage.split(`## ${section}\n`);
    const text = page.split('\n## ')[0] ?? '';
    for (const { first } of texts) expect(text).toContain(first);
    const named = texts.map(({ means, first, next }) => `${means} ${first} ${next}`).join(' ');
    expect(remediatorCommands(text)).toEqual(remediatorCommands(named));
  });
});

describe('the runbook', () => {
  /** The widgets of the dashboard from the runbook's first on. */
  const runbookOf = (from = template) => {
    const [board, ...others] = resourcesOf(from, 'AWS::CloudWatch::Dashboard');
    expect(others).toEqual([]);
    const body = made(board!.Properties.DashboardBody, (id) => `<${id}>`);
    const { widgets }: { widgets: Array<{ type: string; y: number; properties: { markdown?: string } }> } =
      JSON.parse(body);
    const first = widgets.findIndex(({ properties }) => properties.markdown?.startsWith('# Runbook'));
    return { before: widgets.slice(0, first), sections: widgets.slice(first) };
  };

  it('ends the dashboard with each section of the page, and the names of the stack', () => {
    const { before, sections: widgets } = runbookOf();
    const end = Math.max(...before.map(({ y }) => y));
    for (const { type, y } of widgets) expect([type, y > end]).toEqual(['text', true]);
    const headings = widgets.map(({ properties }) => /^#+ (.*)$/m.exec(properties.markdown ?? '')?.[1]);
    expect(headings).toEqual(['Runbook', ...sections]);
    const text = widgets.map(({ properties }) => properties.markdown).join('\n');
    expect(text).toMatch(/--log-group-name <Logs[0-9A-F]+>/);
    expect(text).toContain('--name /eks-host-remediator/policy ');
    // `LOG_GROUP` and the others are explained once, at the head.
    expect(text.split('\n## ').slice(1).join('\n## ')).not.toMatch(/LOG_GROUP|<!--|\]\((?!https)/);
    const second = JSON.stringify(runbookOf(templateOf({ stackName: 'second' })).sections);
    const commands = second.match(/npx eks-host-remediator .{15}/g) ?? [];
    expect(commands.length).toBeGreaterThan(3);
    expect(commands.filter((each) => !each.startsWith('npx eks-host-remediator --stack second '))).toEqual([]);
  });
});

it('the remediator is unhealthy when an alarm of its own health stands, and not for the troubles of the fleet', () => {
  const [composite, ...others] = resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm');
  expect(others).toEqual([]);
  const rule = JSON.stringify(composite!.Properties.AlarmRule);
  expect(rule).not.toMatch(/ AND |NOT|OK\(/);
  const named = resourcesOf(template, 'AWS::CloudWatch::Alarm').filter(({ id }) => rule.includes(`"${id}"`));
  const sectionOf = (alarm: { AlarmDescription?: unknown }) => /^Runbook: ([\w-]+)/m.exec(described(alarm))?.[1] ?? '';
  const about = [...new Set(named.map(({ Properties }) => sectionOf(Properties)))];
  expect(about.sort()).toEqual([
    'dead-letters',
    'function-errors',
    'policy-invalid',
    'stale-sweep',
    'undelivered',
    'waiting-requests',
  ]);
  expect(named).toHaveLength(alarmsOf().filter((alarm) => about.includes(sectionOf(alarm))).length);
});

describe('an alarm is raised', () => {
  it('on a failure of any function that tells of it together with others, with a section for each', () => {
    const [watched, ...others] = alarmsOf().filter(({ MetricName }) => MetricName === 'FailedRemediations');
    expect(others).toEqual([]);
    expect(watched).toMatchObject({ Statistic: 'Sum', Threshold: 1, TreatMissingData: 'notBreaching' });
    const [filter] = resourcesOf(template, 'AWS::Logs::MetricFilter').filter(
      ({ Properties }) => Properties.MetricTransformations[0].MetricName === 'FailedRemediations',
    );
    const pattern = filter!.Properties.FilterPattern;
    // PutMetricFilter takes 1,024 characters.
    expect(pattern.length).toBeLessThanOrEqual(1024);
    const alone = alarmsOf().filter(({ MetricName }) => MetricName === 'Failed');
    expect(alone.map(({ Dimensions }) => Dimensions[0].Value)).toEqual(['quarantine-workers']);
    const declared = (REMEDIATIONS as readonly Remediation[]).flatMap(({ name, alarms }) =>
      Object.entries(alarms).flatMap(([section, { metric }]) =>
        metric === 'Failed' && name !== 'quarantine-workers' ? [{ name, section }] : [],
      ),
    );
    expect(declared.length).toBeGreaterThan(4);
    const [, text = ''] = runbookPage.split('\n## remediation-failed\n');
    for (const { name, section } of declared) {
      expect(pattern).toContain(`$.remediation = "${name}"`);
      expect(text.split('\n## ')[0]).toContain(`[${section}](#${section})`);
    }
  });

  it('on a failed run of any function, for this stack alone', () => {
    const [watched, ...others] = alarmsOf().filter(({ MetricName }) => MetricName === 'FailedRuns');
    expect(others).toEqual([]);
    expect(watched).toMatchObject({
      Namespace: 'EksHostRemediator/eks-host-remediator',
      Statistic: 'Sum',
      Threshold: 1,
    });
    const filters = resourcesOf(template, 'AWS::Logs::MetricFilter')
      .map(({ Properties }) => Properties)
      .filter(({ MetricTransformations }) => MetricTransformations[0].MetricName === 'FailedRuns');
    expect(filters.map(({ LogGroupName }) => LogGroupName.Ref).sort()).toEqual(idsOf('AWS::Logs::LogGroup').sort());
    for (const { FilterPattern, MetricTransformations } of filters) {
      expect(FilterPattern).toBe('{ $.type = "platform.report" && $.record.status != "success" }');
      expect(MetricTransformations).toEqual([
        { MetricName: 'FailedRuns', MetricNamespace: 'EksHostRemediator/eks-host-remediator', MetricValue: '1' },
      ]);
    }
  });

  it.each([['Failed', 'quarantine-workers']])('on %s of %s', (metric, name) => {
    expect([...functionNames(), 'any-function']).toContain(name);
    const watched = alarmsOf().filter(
      ({ MetricName, Dimensions }) => MetricName === metric && Dimensions[0].Value === name,
    );
    expect(watched).toEqual([
      expect.objectContaining({
        Namespace: 'EksHostRemediator',
        Dimensions: [
          { Name: 'service', Value: name },
          { Name: 'stack', Value: 'eks-host-remediator' },
        ],
        Statistic: 'Sum',
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      }),
    ]);
  });

  it('on what EventBridge could not deliver, within minutes', () => {
    const watched = alarmsOf().filter(({ MetricName }) => MetricName === 'ApproximateNumberOfMessagesVisible');
    const names = watched.map(({ Dimensions }) => Dimensions[0].Value['Fn::GetAtt'][0].replace(/[0-9A-F]{8}$/, ''));
    expect(names).toEqual(['UndeliveredQueue']);
  });

  it('when an urgent request has waited for half an hour, within minutes', () => {
    const waiting = alarmsOf().filter(({ MetricName }) => MetricName === 'ApproximateAgeOfOldestMessage');
    for (const alarm of waiting) expect(alarm).toMatchObject({ Threshold: 1800, TreatMissingData: 'notBreaching' });
    const watched = waiting.map(({ Dimensions }) => Dimensions[0].Value['Fn::GetAtt'][0].replace(/[0-9A-F]{8}$/, ''));
    expect(watched).toEqual(['QuarantineWorkersQueue']);
  });

  it('by the look of each sweep, when any other function is not invoked: but for those that somebody waits for', () => {
    const [sweeper] = resourcesOf(template, 'AWS::Lambda::Function').filter(({ id }) => id.startsWith('SweepFleet'));
    const looked = JSON.stringify(sweeper!.Properties.Environment.Variables);
    const mapped = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').map(({ Properties }) => ({
      queue: Properties.EventSourceArn['Fn::GetAtt'][0],
      invoked: Properties.FunctionName.Ref,
    }));
    expect(mapped).toHaveLength(REMEDIATIONS.filter(({ start }) => start.by === 'queue').length);
    for (const { queue } of mapped) expect(looked).toContain(`{"Fn::GetAtt":["${queue}","QueueName"]}`);
    const others = idsOf('AWS::Lambda::Function').filter((id) => !mapped.some(({ invoked }) => invoked === id));
    const unseen = others.filter((id) => !looked.includes(`{"Ref":"${id}"}`));
    // A sweep that does not run is stale.
    expect(unseen.map((id) => id.replace(/Remediator.*/, '')).sort()).toEqual([
      'RequestActions',
      'ReviewActions',
      'SweepFleet',
    ]);
  });

  describe.each([
    ['rate(1 hour)', 3600, 1800],
    ['rate(15 minutes)', 900, 480],
    ['rate(1 day)', 86_400, 43_200],
  ])('where a sweep comes at %s', (sweepSchedule, sweep, half) => {
    const alarms = alarmsOf(templateOf({ sweepSchedule }));

    it('when no sweep has run for three of its periods', () => {
      const [stale] = alarms.filter((alarm) => nameOf(alarm) === 'eks-host-remediator-stale-sweep');
      expect(stale).toMatchObject({
        EvaluationPeriods: 3,
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'ignore',
        Metrics: [
          { Expression: 'FILL(counted, 0)' },
          { Id: 'counted', MetricStat: { Metric: { MetricName: 'Invocations' }, Period: sweep, Stat: 'Sum' } },
        ],
      });
    });

    it.each([
      ['PolicyInvalid', 'any-function'],
      ['Halted', 'any-function'],
      ['UpgradeStuck', 'upgrade-node-groups'],
      ['StaysExposed', 'quarantine-workers'],
      ['QuarantineExpiring', 'quarantine-workers'],
      ['QuarantineExpired', 'quarantine-workers'],
      ['DeadLetters', 'sweep-fleet'],
      ['WaitingFunctions', 'sweep-fleet'],
    ])('on the state %s of %s, until it was not published for one and a half sweeps', (metric, name) => {
      const watched = alarms.filter(({ Metrics }) => Metrics?.[1]?.MetricStat.Metric.MetricName === metric);
      const dimensions = [
        { Name: 'service', Value: name },
        { Name: 'stack', Value: 'eks-host-remediator' },
      ];
      expect(watched).toEqual([
        expect.objectContaining({
          EvaluationPeriods: 3,
          DatapointsToAlarm: 1,
          Threshold: 1,
          ComparisonOperator: 'GreaterThanOrEqualToThreshold',
          TreatMissingData: 'notBreaching',
          Metrics: [
            expect.objectContaining({ Expression: 'FILL(counted, 0)' }),
            expect.objectContaining({
              Id: 'counted',
              MetricStat: expect.objectContaining({
                Metric: { Namespace: 'EksHostRemediator', MetricName: metric, Dimensions: dimensions },
                Period: half,
                Stat: 'Sum',
              }),
            }),
          ],
        }),
      ]);
    });
  });
});

describe.each(['AlarmsTopic', 'AlarmsPageTopic'])('the topic of alarms: %s', (prefix) => {
  const topic = resourcesOf(template, 'AWS::SNS::Topic').find(({ id }) => id.startsWith(prefix))!;

  it('is encrypted with a rotating key of its own that CloudWatch of this account may use', () => {
    const [key] = resourcesOf(template, 'AWS::KMS::Key');
    expect(topic.Properties.KmsMasterKeyId).toEqual({ 'Fn::GetAtt': [key!.id, 'Arn'] });
    expect(key!.Properties.EnableKeyRotation).toBe(true);
    expect(key!.Properties.KeyPolicy.Statement).toContainEqual(
      expect.objectContaining({
        Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    );
  });

  it('takes messages from alarms of this account only, and over TLS only', () => {
    const policy = resourcesOf(template, 'AWS::SNS::TopicPolicy').find(
      ({ Properties }) => Properties.Topics[0].Ref === topic.id,
    );
    expect(policy!.Properties.PolicyDocument.Statement).toEqual([
      expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      expect.objectContaining({
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
      }),
    ]);
  });
});

describe('the topic of all alarms', () => {
  it('sends e-mail only where the settings say to whom', () => {
    expect(resourcesOf(template, 'AWS::SNS::Subscription')).toEqual([]);
    const [subscription] = resourcesOf(templateOf({ alarmEmail: 'ops@example.com' }), 'AWS::SNS::Subscription');
    expect(subscription!.Properties).toMatchObject({ Protocol: 'email', Endpoint: 'ops@example.com' });
  });
});
