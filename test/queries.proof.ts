import { CloudWatchLogsClient, GetQueryResultsCommand, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import { beforeAll, describe, expect, it } from 'vitest';
import { sample as remediationRequest } from '../events/remediation-request.ts';
import { sample as upgradeHint } from '../events/upgrade-hint.ts';
import { runbook } from '../infra/runbook.ts';
import { savedQueries } from '../infra/saved-queries.ts';
import { compileFilterPattern } from '../sandbox/account/logs-filter-pattern.ts';
import { InMemoryNetwork } from '../sandbox/lambda/in-memory-network.ts';
import type { Run } from '../sandbox/play.ts';
import { HOUR, MINUTE, start } from './harness.ts';
import { ask as askAbout, changes, inQuarantine, setPolicy } from './quarantine.fixture.ts';

/** Runs a query as a client of AWS would, over all that was logged so far. @param from epoch seconds */
async function ask({ account }: Run, text: string, from = 0): Promise<Array<Record<string, string | undefined>>> {
  const { https } = new InMemoryNetwork(account.server.http).attach((effect) => effect());
  const client = new CloudWatchLogsClient({
    region: account.world.region,
    credentials: { accessKeyId: 'operator', secretAccessKey: 'secret' },
    requestHandler: { httpsAgent: new https.Agent({ keepAlive: true }) },
  });
  const logGroupName = account.stack.ref('AWS::Logs::LogGroup');
  const range = { startTime: from, endTime: Math.ceil(account.time.now / 1000) };
  const { queryId } = await client.send(new StartQueryCommand({ logGroupName, queryString: text, ...range }));
  const { results = [] } = await client.send(new GetQueryResultsCommand({ queryId }));
  return results.map((row) => Object.fromEntries(row.map(({ field = '', value }) => [field, value])));
}

/** The text of a saved query as the stack has it, its placeholders put in. */
function textOf({ account }: Run, name: string, given: Readonly<Record<string, string>> = {}): string {
  const saved = account.logs.savedQueries.find((query) => query.name === `eks-host-remediator/${name}`);
  if (saved === undefined) throw new Error(`no saved query ${name}`);
  expect(saved.groups).toEqual([account.stack.ref('AWS::Logs::LogGroup')]);
  return Object.entries(given).reduce((text, [placeholder, value]) => text.replaceAll(placeholder, value), saved.text);
}

let demo: Run;
let agents: Run;
/** With a worker in quarantine. */
let held: Run;

beforeAll(async () => {
  const detail = { trigger: 'operator' as const, clusterName: 'shop', nodegroupName: 'web' };
  [demo, agents, held] = await Promise.all([
    start({
      fleet: 'demo',
      policy: { upgrades: { bakeAge: '3h' } },
      play: '9h',
      events: [{ after: 5 * HOUR, event: { ...upgradeHint, id: 'operator-1', detail } }],
    }),
    start({ fleet: 'ssm-agent', play: '70m' }),
    start({ fleet: 'demo', play: '75m' }),
  ]);
});

/** Lets what somebody asks for come about. */
async function asked(run: Run, put: () => void): Promise<void> {
  put();
  await run.account.play(2 * MINUTE);
}

/** Puts an operator's request about the upgrades of shop/web on the bus. */
function putRequest({ account }: Run, action: 'retry' | 'approve'): void {
  const who = { why: 'a test asked for it', requestedBy: 'arn:aws:iam::111122223333:role/tester' };
  const about = { remediation: 'upgrade-node-groups', clusterName: 'shop', nodegroupName: 'web' } as const;
  const time = new Date(account.time.now).toISOString();
  account.putEvent({ ...remediationRequest, id: `wish-${action}`, time, detail: { ...about, action, ...who } });
}

describe('the saved queries', () => {
  const names = savedQueries().map(({ name }) => name.replaceAll('-', ' '));
  const told = (rows: ReadonlyArray<Record<string, string | undefined>>, ...fields: string[]) =>
    rows.map((row) => fields.map((field) => row[field]).join(' '));

  it('are there, each run here and with an answer where nothing has happened yet', async () => {
    expect(names.length).toBeGreaterThanOrEqual(8);
    const fresh = await start({ fleet: 'demo' });
    for (const name of names) {
      expect(await ask(fresh, textOf(fresh, name)), name).toEqual([]);
      await ask(demo, textOf(demo, name));
      await ask(agents, textOf(agents, name));
    }
  });

  it('why was this node group not upgraded', async () => {
    const text = textOf(demo, 'why was this node group not upgraded', { CLUSTER: 'shop', NODE_GROUP: 'web' });
    const reasons = told(await ask(demo, text), 'decision', 'reason').reverse();
    expect(reasons[0]).toBe('done up-to-date');
    expect(reasons).toContain('waiting baking');
    expect(reasons.indexOf('waiting baking')).toBeLessThan(reasons.indexOf('acted upgrade-started'));
  });

  it('what was changed', async () => {
    const rows = await ask(demo, textOf(demo, 'what was changed'));
    const upgrades = rows.filter(({ reason }) => reason === 'upgrade-started');
    const calls = demo.calls.filter(({ operation }) => operation === 'UpdateNodegroupVersion');
    expect(upgrades.map(({ requestId }) => requestId).reverse()).toEqual(calls.map(({ requestId }) => requestId));
    expect(upgrades[0]).toMatchObject({ call: 'UpdateNodegroupVersion' });
    expect(told(rows, 'reason')).not.toContain('release-seen');
  });

  it('what was changed by a quarantine: each call, and that it began', async () => {
    const rows = await ask(held, textOf(held, 'what was changed'));
    const made = changes(held);
    expect(made.map(({ operation }) => operation)).toContain('ModifyNetworkInterfaceAttribute');
    const calls = rows.map(({ allCalls = '' }) => allCalls).join(' ');
    const ofAws = made.filter(({ service }) => service === 'ec2' || service === 'autoscaling');
    for (const { operation, requestId } of ofAws) {
      expect(calls).toContain(`"operation":"${operation}","requestId":"${requestId}"`);
    }
    const ours = rows.filter(({ remediation }) => remediation === 'quarantine-workers');
    // In between it may wait for a step; that record has its calls as well.
    expect(new Set(told(ours, 'reason'))).toEqual(
      new Set(['quarantined', 'quarantine-in-progress', 'quarantine-started']),
    );
  });

  it('what failed and what to do', async () => {
    const rows = await ask(agents, textOf(agents, 'what failed and what to do'));
    const failed = agents.records.filter(({ decision }) => decision === 'failed' || decision === 'refused');
    expect(rows).toHaveLength(failed.length);
    expect(rows.find(({ reason }) => reason === 'imds-unreachable')?.hint).toContain('HttpEndpoint');
  });

  it('what waits and for what', async () => {
    const policy = { upgrades: { bakeAge: '3d' } };
    const baking = await start({ fleet: 'demo', policy, play: '6h' });
    const rows = await ask(baking, textOf(baking, 'what waits and for what'));
    expect(told(rows, 'cluster', 'nodegroup', 'waitsFor')).toContain('shop web baking');
    expect(rows.find(({ nodegroup }) => nodegroup === 'web')?.what).toMatch(/bakes until 2026-07-1/);
  });

  it('story of an instance', async () => {
    const cured = agents.records.find(({ reason }) => reason === 'agent-cured');
    const INSTANCE_ID = cured?.instance ?? '';
    const rows = await ask(agents, textOf(agents, 'story of an instance', { INSTANCE_ID }));
    expect(told(rows, 'decision')[0]).not.toBe('done');
    expect(told(rows, 'decision', 'reason').at(-1)).toBe('done agent-cured');
  });

  it('story of an event', async () => {
    const started = demo.records.find(({ reason }) => reason === 'upgrade-started');
    const rows = await ask(demo, textOf(demo, 'story of an event', { ID: started?.correlationId ?? '' }));
    const reasons = told(rows, 'reason').filter((reason) => reason !== 'upgrade-in-flight');
    expect(reasons.slice(-2)).toEqual(['upgrade-started', 'upgraded']);
    expect(rows.every(({ correlationId }) => correlationId === started?.correlationId)).toBe(true);
  });

  it('who asked for it', async () => {
    const before = await ask(demo, textOf(demo, 'who asked for it'));
    demo.account.fleet.parameters.put({
      Name: '/eks-host-remediator/policy',
      Value: '{"killSwitch":true}',
      Overwrite: true,
    });
    const detail = { trigger: 'operator' as const, clusterName: 'shop', nodegroupName: 'web' };
    demo.account.putEvent({ ...upgradeHint, id: 'operator-2', detail });
    await demo.account.play(60_000);
    const rows = await ask(demo, textOf(demo, 'who asked for it'));
    expect(rows.length).toBe(before.length + 1);
    expect(rows[0]).toMatchObject({ cluster: 'shop', nodegroup: 'web', reason: 'kill-switch' });
    expect(rows[0]?.['trigger.id']).toContain('operator-2');
  });

  it('who asked for it: requests that were granted and refused, with who and why', async () => {
    const [worker] = inQuarantine(held);
    const since = Math.ceil(held.account.time.now / 1000);
    await asked(held, () => askAbout(held, 'extend', worker!.id, { by: '900d' }));
    await asked(held, () => askAbout(held, 'extend', worker!.id, { by: '3d' }));
    await asked(held, () => putRequest(held, 'retry'));
    const rows = await ask(held, textOf(held, 'who asked for it'), since);
    expect(told(rows, 'trigger.type', 'reason', 'instance').reverse()).toEqual([
      `Quarantine Request request-refused ${worker?.id}`,
      `Quarantine Request quarantine-extended ${worker?.id}`,
      'Remediation Request request-refused ',
      // The look that follows: how it stands.
      'Upgrade Hint (operator) up-to-date ',
    ]);
    for (const { requestedBy, why } of rows.filter((row) => row['trigger.type']?.endsWith('Request'))) {
      expect([requestedBy, why]).toEqual(['arn:aws:iam::111122223333:role/tester', 'a test asked for it']);
    }
  });

  it('what is in quarantine, since it began: whatever is refused, and whatever keeps anybody from acting', async () => {
    const [worker] = inQuarantine(held);
    const text = textOf(held, 'what is in quarantine');
    const began = held.records.find(({ reason }) => reason === 'quarantine-started')?.time;
    await asked(held, () => askAbout(held, 'extend', worker!.id, { by: '900d' }));
    expect(held.records.at(-1)).toMatchObject({ reason: 'request-refused', instance: worker?.id });
    expect(await ask(held, text)).toMatchObject([{ instance: worker?.id, began, now: 'quarantine-extended' }]);
    setPolicy(held, '{"killSwitch":true}');
    await held.account.play(HOUR);
    expect(held.records.at(-1)?.reason).toBe('kill-switch');
    setPolicy(held, '{}');
    expect(told(await ask(held, text), 'instance', 'began')).toEqual([`${worker?.id} ${began}`]);
    // What lies before the time range is not guessed.
    const [late] = await ask(held, text, Math.ceil(Date.parse(began ?? '') / 1000) + 1);
    expect(late).toMatchObject({ instance: worker?.id, told: expect.any(String) });
    expect(late).not.toHaveProperty('began');
  });

  it('which runs failed: also those that could say nothing themselves', async () => {
    const run = await start({ fleet: 'demo' });
    const [sweep] = run.account.lambda.functions.filter(({ label }) => label === 'sweep-fleet');
    const timeoutMs = sweep?.timeoutMs;
    Object.assign(sweep!, { timeoutMs: 20 });
    await run.account.play(65 * MINUTE);
    Object.assign(sweep!, { timeoutMs });
    const rows = await ask(run, textOf(run, 'which runs failed'));
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toMatchObject({ errorName: 'Sandbox.Timedout', request: expect.any(String) });
    // The alarms' first command finds them, too.
    const [, pattern = ''] = /--filter-pattern '(.*)'/.exec(runbook('function-errors').description) ?? [];
    const lines = run.account.logs.group(run.account.stack.ref('AWS::Logs::LogGroup')).events;
    const found = lines.filter(({ message }) => compileFilterPattern(pattern)(message));
    expect(found).toHaveLength(rows.length);
  });

  it('is everything alive', async () => {
    const rows = await ask(demo, textOf(demo, 'is everything alive'));
    // The widget's two run when somebody looks, and have nothing to publish.
    const working = demo.account.lambda.functions
      .map(({ label }) => label)
      .filter((name) => !name.endsWith('-actions'));
    expect(told(rows, 'service')).toEqual(working.sort());
    // Whoever is told of records runs when there are some.
    for (const { runs, lastRun } of rows.filter(({ service }) => service !== 'notify-stories')) {
      expect(Number(runs)).toBeGreaterThanOrEqual(9);
      expect(demo.account.time.now - Number(lastRun)).toBeLessThan(HOUR + 1000);
    }
  });

  it('which findings are open, and what is in quarantine', async () => {
    const early = await start({ fleet: 'demo', play: '75m' });
    const findings = await ask(early, textOf(early, 'which findings are open'));
    expect(told(findings, 'cluster', 'nodegroup', 'now')).toEqual(['shop batch no-newer-ami']);
    const quarantines = await ask(early, textOf(early, 'what is in quarantine'));
    expect(told(quarantines, 'cluster', 'nodegroup', 'now')).toEqual(['shop web quarantined']);
    expect(quarantines[0]?.why).toContain('a fresh look found no way in');
  });

  it('AMI age by release', async () => {
    const rows = await ask(demo, textOf(demo, 'ami age by release'));
    const running = demo.account.snapshot().clusters.flatMap(({ nodeGroups }) => nodeGroups);
    // Up to the hour before, when the watcher last looked.
    const newest = rows.find(({ releaseVersion }) => releaseVersion?.endsWith('-20260714'));
    expect(Number(newest?.days)).toBeLessThanOrEqual(1);
    expect(Number(newest?.groups)).toBeGreaterThan(0);
    expect(new Set(rows.map(({ amiType }) => amiType))).toEqual(new Set(running.map(({ amiType }) => amiType)));
  });

  it('workers without SSM by cause', async () => {
    const rows = await ask(agents, textOf(agents, 'workers without ssm by cause'));
    const last = new Map(agents.records.map((record) => [record.instance, record]));
    const troubled = [...last].filter(
      ([instance, { decision, details }]) =>
        // An agent that is to be updated answers.
        instance && !/done|skipped|acted/.test(decision) && details?.cause !== 'agent-outdated',
    );
    expect(rows.reduce((sum, { workers }) => sum + Number(workers), 0)).toBe(troubled.length);
    expect(rows.map(({ cause }) => cause)).toEqual(
      expect.arrayContaining(['no-network-path', 'no-instance-profile', 'connection-lost']),
    );
  });

  it('records by reason', async () => {
    const rows = await ask(agents, textOf(agents, 'records by reason'));
    const total = rows.reduce((sum, { records }) => sum + Number(records), 0);
    expect(total).toBe(agents.records.length);
  });

  it('latency from event to action', async () => {
    const rows = await ask(agents, textOf(agents, 'latency from event to action'));
    expect(told(rows, 'remediation')).toContain('manage-ssm-agent');
    for (const { p50, p99, longest } of rows) {
      expect(Number(p50)).toBeLessThanOrEqual(Number(p99));
      expect(Number(p99)).toBeLessThanOrEqual(Number(longest));
    }
  });

  it('upgrades in flight', async () => {
    const policy = { upgrades: { bakeAge: '3h' } };
    const rolling = await start({ fleet: 'demo', policy, play: '6h' });
    const isUpdating = () =>
      rolling.account
        .snapshot()
        .clusters.flatMap(({ nodeGroups }) => nodeGroups)
        .filter(({ status }) => status === 'UPDATING');
    for (let minutes = 0; isUpdating().length === 0 && minutes < 180; minutes++) await rolling.account.play(60_000);
    await rolling.account.play(60_000);
    const rows = await ask(rolling, textOf(rolling, 'upgrades in flight'));
    expect(told(rows, 'nodegroup').sort()).toEqual(
      expect.arrayContaining(
        isUpdating()
          .map(({ name }) => name)
          .sort(),
      ),
    );
    expect(rows.length).toBeGreaterThan(0);
  });
});
