import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { sample as healthPlanned } from '../events/health-planned-lifecycle.ts';
import { QUIET, fleet as withShells } from '../functions/close-shells/close-shells.fixture.ts';
import { REMEDIATIONS } from '../functions/remediations.ts';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import { METRIC_NAMES } from '../functions/shared/records/recorder.ts';
import { ANY_FUNCTION, SHARED_METRICS, unitOf } from '../functions/shared/runtime/metric.ts';
import { functionNames } from '../infra/bundle.ts';
import { METRIC_NAMESPACE } from '../infra/metric.ts';
import { PRICES } from '../infra/prices.ts';
import { compileQuery } from '../sandbox/account/logs/insights.ts';
import type { Run } from '../sandbox/play.ts';
import { drainsOfEveryKind } from './drain-nodes.fixture.ts';
import { findingsFleet, URGENT } from './findings.fixture.ts';
import { type Scenario, start } from './harness.ts';
import { ROOT } from './markdown.ts';
import { pinsOfEveryKind } from './node-classes.fixture.ts';
import { OPEN, fleet as postureFleet } from './posture.fixture.ts';
import { quarantineOfEveryDecision, terminatedSelfManaged } from './quarantine.fixture.ts';
import { approvedRefreshes } from './refresh-groups.fixture.ts';

const widgetSchema = z.object({
  type: z.enum(['metric', 'log', 'alarm', 'text', 'custom']),
  x: z.number(),
  y: z.number(),
  width: z.number(),
  height: z.number(),
  properties: z.looseObject({
    title: z.string().optional(),
    markdown: z.string().optional(),
    query: z.string().optional(),
    alarms: z.array(z.string()).optional(),
    endpoint: z.string().optional(),
    metrics: z.array(z.array(z.union([z.string(), z.looseObject({ label: z.string().optional() })]))).optional(),
  }),
});
type Widget = z.infer<typeof widgetSchema>;

const widgetsOf = ({ account }: Run): Widget[] =>
  z
    .object({ widgets: z.array(widgetSchema) })
    .parse(JSON.parse(account.cloudWatch.dashboard('eks-host-remediator').body)).widgets;

/** The metrics that a widget names, as `namespace name dimension=value …`. */
const metricsOf = ({ properties }: Widget): string[] =>
  (properties.metrics ?? []).flatMap((entry) => {
    // An expression names the metrics that follow it.
    if (typeof entry[0] !== 'string') return [];
    const [namespace, name, ...dimensions] = entry.filter((part) => typeof part === 'string');
    const pairs = dimensions.flatMap((part, index) => (index % 2 === 0 ? [`${part}=${dimensions[index + 1]}`] : []));
    return [[namespace, name, ...pairs.sort()].join(' ')];
  });

const publishedBy = ({ account }: Run): string[] =>
  account.cloudWatch.metrics.published.map(({ id: { namespace, name, dimensions } }) =>
    [
      namespace,
      name,
      ...Object.entries(dimensions)
        .map(([key, value]) => `${key}=${value}`)
        .sort(),
    ].join(' '),
  );

const release = (releaseVersion: string, at: string) => ({
  at,
  kubernetesVersion: '1.33',
  amiType: 'AL2023_x86_64_STANDARD',
  releaseVersion,
});
const fleet = (...nodeGroups: object[]) => ({
  startsAt: '2026-07-14T00:00:00Z',
  releases: [release('1.33.12-20260625', '-10d'), release('1.33.13-20260714', '+10m')],
  clusters: [{ name: 'shop', version: '1.33', nodeGroups }],
});
const failing = { name: 'web', desiredSize: 1, updates: { fails: [{ errorCode: 'PodEvictionFailure' }] } };
/** Takes longer than an update may. */
const slow = { name: 'slow', desiredSize: 1, updates: { minutesPerNode: 7 * 60 } };
const cured = { name: 'cured', desiredSize: 1, ssm: { managedPolicy: false } };
const ignored = {
  name: 'ignored',
  desiredSize: 1,
  ssm: { imds: 'disabled' },
  tags: { 'eks-host-remediator:ignore': '' },
};

const imdsV1 = { name: 'web', desiredSize: 1, ssm: { imdsTokens: 'optional' } };

/** A release published long ago fixes the open findings. */
const mayUpgrade = findingsFleet({ newReleaseAt: '-1h', vulnerabilities: [{ ...URGENT, fixedSince: '-2h' }] });

/** What is asked here is what functions publish and record, so they need no wire. */
const play = (scenario: Scenario): Promise<Run> => start({ ...scenario, inProcess: true });

let runs: Run[];

beforeAll(async () => {
  const nodeGroups = [failing, cured, ignored, { name: 'broken', desiredSize: 1, ssm: { imds: 'disabled' } }];
  const observe = { upgrades: { mode: 'observe', bakeAge: '1m' }, ssmAgent: { mode: 'observe' } };
  runs = await Promise.all([
    play({ fleet: fleet(...nodeGroups), policy: { upgrades: { bakeAge: '1m' } }, play: '3h' }),
    play({
      fleet: fleet(...nodeGroups),
      policy: observe,
      events: [{ after: 0, event: healthPlanned }],
      play: '2h10m',
    }),
    play({ fleet: fleet(...nodeGroups), policy: '{', play: '65m' }),
    play({
      fleet: fleet(failing, slow),
      policy: { upgrades: { bakeAge: '1m', stopAfterFailures: 1 }, ssmAgent: { mode: 'off' } },
      play: '10h',
    }),
    quarantineOfEveryDecision(),
    terminatedSelfManaged(),
    play({ fleet: 'findings', faults: { duplicateEvents: true }, play: '7h' }),
    play({ ...mayUpgrade, policy: { findings: { mode: 'observe' } }, play: '125m' }),
    play({ fleet: postureFleet(OPEN), play: '5h' }),
    play({ fleet: fleet(imdsV1), policy: { imds: { mode: 'enforce' } }, play: '125m' }),
    play({ fleet: fleet(imdsV1), policy: { imds: { mode: 'observe' } }, play: '65m' }),
    play({ fleet: withShells, policy: { ...QUIET, shells: { hosts: 'enforce' } }, play: '3h' }),
    approvedRefreshes({ inProcess: true }),
    drainsOfEveryKind(),
    pinsOfEveryKind(),
  ]);
  for (const name of ['review-actions', 'request-actions']) await runs[0]!.account.invoke(name, {});
}, 300_000);

describe('the dashboard', () => {
  it('names of each function only metrics that this function publishes', () => {
    // CloudFormation's suffix of a function's name differs from account to account.
    const logical = (metric: string): string => metric.replace(/(FunctionName=\S+)-[A-Z0-9]{12}$/, '$1');
    const published = new Set(runs.flatMap(publishedBy).map(logical));
    const named = [...new Set(widgetsOf(runs[0]!).flatMap(metricsOf).map(logical))];
    expect(named.length).toBeGreaterThan(60);
    // Rare decisions do not occur in these runs; the next test finds them in the function's code.
    const rare = (REMEDIATIONS as readonly Remediation[]).flatMap(({ name, dashboard }) =>
      (dashboard?.decisions ?? []).map(
        (decision) => `${METRIC_NAMESPACE} ${METRIC_NAMES[decision]} service=${name} stack=eks-host-remediator`,
      ),
    );
    // Every function counts its failed invocations in the same way. No invocation of terminate-workers fails in these
    // runs.
    rare.push(`${METRIC_NAMESPACE} InvocationFailed service=terminate-workers stack=eks-host-remediator`);
    expect(named.filter((metric) => !published.has(metric) && !rare.includes(metric))).toEqual([]);
  });

  it.each((REMEDIATIONS as readonly Remediation[]).filter(({ dashboard }) => dashboard !== undefined))(
    'counts of a function what it decides, and nothing that it cannot decide: $name',
    ({ name, dashboard, requests }) => {
      const declared = dashboard?.decisions ?? [];
      const records = runs.flatMap((run) => run.records.filter(({ remediation }) => remediation === name));
      const made = new Set(records.map(({ decision }) => decision));
      expect([...made].filter((decision) => !declared.includes(decision))).toEqual([]);
      // The function's own code counts, and the shared code that answers operators and checks the guards, where it is
      // used.
      const own = globSync(`functions/${name}/**/*.ts`, { cwd: ROOT }).filter(
        (file) => !/\.(test|proof|fixture)\./.test(file),
      );
      const code = own.map((file) => readFileSync(join(ROOT, file), 'utf8')).join('\n');
      const shared = [
        ...(requests.length > 0 ? ['intake/operator-request', 'intake/dead-letter'] : []),
        ...(/policy\/guards\.ts'/.test(code) ? ['policy/guards'] : []),
      ].map((file) => readFileSync(join(ROOT, 'functions', 'shared', `${file}.ts`), 'utf8'));
      const cannot = declared.filter(
        (decision) => !made.has(decision) && ![code, ...shared].some((text) => text.includes(`'${decision}'`)),
      );
      expect(cannot).toEqual([]);
      expect(declared.filter((decision) => made.has(decision)).length).toBeGreaterThan(0);
    },
  );

  it('asks only what Logs Insights answers, of the log group of the stack', () => {
    const { outputs } = runs[0]!.account.stack;
    const [group, fed] = [String(outputs.LogGroupName), String(outputs.FedLogGroupName)];
    const queries = widgetsOf(runs[0]!).flatMap(({ properties }) => properties.query ?? []);
    expect(queries.length).toBe(4);
    for (const query of queries) {
      const commands = query.split(' | ').filter((each) => !each.startsWith('SOURCE '));
      const sources = query.split(' | ').slice(0, -commands.length);
      expect([[`SOURCE '${group}'`], [`SOURCE '${group}'`, `SOURCE '${fed}'`]]).toContainEqual(sources);
      for (const { account } of runs)
        compileQuery(commands.join(' | '))(
          account.logs.group(String(account.stack.outputs.LogGroupName)).events,
          group,
        );
    }
  });

  it('has single numbers over its time range in the first row, then what needs somebody, what fails and what to approve', () => {
    const titled = widgetsOf(runs[0]!).filter(({ type }) => type !== 'text');
    const rows = [...Map.groupBy(titled, ({ y }) => y).values()];
    expect(rows[0]?.map(({ properties }) => properties.title)).toEqual([
      'Acted',
      'Failed',
      'Refused',
      'Exposed at once, at most',
      'In quarantine at once, at most',
      `US$ for Lambda and logs (prices of ${PRICES.date})`,
    ]);
    for (const { properties } of rows[0]!) {
      expect(properties).toMatchObject({ view: 'singleValue', setPeriodToTimeRange: true });
    }
    expect(rows[1]?.map(({ type }) => type)).toEqual(['custom']);
    expect(rows[2]?.map(({ properties }) => properties.title)).toEqual([
      'What still fails or is refused, and what is to be done about it?',
      'What would be done, and waits for somebody to approve it?',
      'Is it healthy?',
    ]);
    const [alarms] = titled.flatMap(({ properties }) => (properties.alarms === undefined ? [] : [properties.alarms]));
    expect(alarms?.length).toBe(runs[0]!.account.cloudWatch.alarms.all.length);
    expect(alarms?.[0]).toMatch(/:alarm:eks-host-remediator-unhealthy$/);
  });

  it('is forty rows high at most, before the runbook', () => {
    const widgets = widgetsOf(runs[0]!);
    const runbook = widgets.findIndex(({ properties }) => properties.markdown?.startsWith('# Runbook'));
    const end = Math.max(...widgets.slice(0, runbook).map(({ y, height }) => y + height));
    expect(end).toBeGreaterThan(30);
    expect(end).toBeLessThanOrEqual(40);
  });

  it('reckons costs by prices that metric math can read, and says of when they are and what is not counted', () => {
    const widgets = widgetsOf(runs[0]!);
    const expressions = widgets.flatMap(({ properties }) =>
      (properties.metrics ?? []).flatMap(([first]) => (typeof first === 'object' ? [String(first.expression)] : [])),
    );
    expect(expressions.length).toBeGreaterThan(6);
    // Expressions consist of names, numbers without exponent, SUM and a list.
    for (const text of expressions) expect(text).toMatch(/^SUM\(\[((, )?\w+(\*0\.\d+)?)+\]\)(\*0\.\d+)?$/);
    const [heading] = widgets.filter(({ type }) => type === 'text');
    expect(heading?.properties.markdown).toMatch(new RegExp(`${PRICES.date}; about \\d+ dollars a month`));
  });

  it('has the widget of the actions, which is shown by a function of the stack', () => {
    const { account } = runs[0]!;
    const endpoints = widgetsOf(runs[0]!).flatMap(({ properties }) => properties.endpoint ?? []);
    expect(endpoints.map((arn) => account.lambda.function(arn).label)).toEqual(['review-actions']);
  });

  it('has no widgets that overlap, none wider than the screen, none without a title', () => {
    const taken = new Set<string>();
    for (const { type, x, y, width, height, properties } of widgetsOf(runs[0]!)) {
      expect(x + width).toBeLessThanOrEqual(24);
      expect(type === 'text' ? properties.markdown : properties.title).toBeTruthy();
      for (let column = x; column < x + width; column++) {
        for (let row = y; row < y + height; row++) {
          expect(taken).not.toContain(`${column}/${row}`);
          taken.add(`${column}/${row}`);
        }
      }
    }
  });
});

describe('metrics', () => {
  const embedded = ({ account }: Run) =>
    account.logs
      .group(String(account.stack.outputs.LogGroupName))
      .events.filter(({ message }) => message.includes('"CloudWatchMetrics"'))
      .map(({ stream, timestamp, message }) => ({ stream, timestamp, line: JSON.parse(message) }));

  it('come in one blob for each invocation at most, beside the one that is of any function', () => {
    for (const run of runs) {
      const reports = run.account.logs
        .group(String(run.account.stack.outputs.LogGroupName))
        .events.filter(({ message }) => message.includes('"platform.report"'));
      const own = embedded(run).filter(({ line }) => line.service !== ANY_FUNCTION);
      for (const [stream, blobs] of Map.groupBy(own, (each) => each.stream)) {
        // An environment serves one invocation at a time, so there is one blob between two reports.
        const ends = reports.filter((report) => report.stream === stream).map(({ timestamp }) => timestamp);
        const invocations = blobs.map(({ timestamp }) => ends.findIndex((end) => end >= timestamp));
        expect(new Set(invocations).size).toBe(blobs.length);
      }
    }
  });

  it('have no name and no dimension that grows with the fleet', () => {
    for (const { line } of runs.flatMap(embedded)) {
      expect(line._aws.CloudWatchMetrics).toHaveLength(1);
      const [{ Namespace, Dimensions, Metrics }] = line._aws.CloudWatchMetrics;
      expect(Namespace).toBe(METRIC_NAMESPACE);
      expect(Dimensions.map((names: string[]) => [...names].sort())).toEqual([['service', 'stack']]);
      expect([...functionNames(), ANY_FUNCTION]).toContain(line.service);
      expect(line.stack).toBe('eks-host-remediator');
      const declared = REMEDIATIONS.find(({ name }) => name === line.service)?.metrics ?? {};
      for (const { Name, Unit } of Metrics) {
        expect([...Object.keys(SHARED_METRICS), ...Object.keys(declared)]).toContain(Name);
        expect([Name, unitOf(Name)]).toEqual([Name, Unit]);
      }
    }
  });

  it('tell latency from event to action as values of their own, so that percentiles are those of the records', () => {
    const [run] = runs;
    const queued = new Set<string>(REMEDIATIONS.filter(({ start }) => start.by === 'queue').map(({ name }) => name));
    const timed = run!.records.filter(
      ({ decision, remediation }) => (decision === 'acted' || decision === 'done') && queued.has(remediation),
    );
    const values = embedded(run!).flatMap(({ line }) => line.Latency ?? []);
    expect(values.toSorted((a, b) => a - b)).toEqual(timed.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b));
  });

  it('stay one blob where a thousand workers are verified at once', async () => {
    const many = await start({
      fleet: { ...fleet({ name: 'many', desiredSize: 300 }), releases: [release('1.33.12-20260625', '-10d')] },
      play: '62m',
    });
    const [blob, ...others] = embedded(many).filter(({ line }) => line.service === 'manage-ssm-agent');
    expect(others).toEqual([]);
    expect(blob?.line).toMatchObject({ Done: 300 });
    // A count of zero would be billed.
    expect(blob?.line).not.toHaveProperty('WorkersUnanswered');
    expect(blob?.line.Latency).toHaveLength(50);
  });
});
