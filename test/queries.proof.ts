import { beforeAll, describe, expect, it } from 'vitest';
import { sample as upgradeReconcileRequest } from '../events/upgrade-reconcile-request.ts';
import { savedQueries } from '../infra/saved-queries.ts';
import type { Run } from '../sandbox/play.ts';
import { HOUR, start } from './harness.ts';
import { askInsights as ask, textOf, told } from './queries.fixture.ts';

let demo: Run;
let agents: Run;

beforeAll(async () => {
  const detail = { trigger: 'operator' as const, clusterName: 'shop', nodegroupName: 'web' };
  [demo, agents] = await Promise.all([
    start({
      inProcess: true,
      fleet: 'demo',
      // A worker of the demo is in quarantine meanwhile, and here its node group does not wait for it.
      policy: { upgrades: { bakeAge: '3h', waitForQuarantine: '0m' } },
      play: '9h',
      events: [{ after: 5 * HOUR, event: { ...upgradeReconcileRequest, id: 'operator-1', detail } }],
    }),
    start({ inProcess: true, fleet: 'ssm-agent', play: '70m' }),
  ]);
});

describe('the saved queries', () => {
  const names = savedQueries().map(({ name }) => name.replaceAll('-', ' '));

  it('are there, each run here and with an answer where nothing has happened yet', async () => {
    expect(names.length).toBeGreaterThanOrEqual(8);
    const fresh = await start({ inProcess: true, fleet: 'demo' });
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
    // Two upgrades of one reconcile start side by side, and are recorded in the order in which they are answered.
    const named = upgrades.map(({ requestId }) => String(requestId));
    expect(named.toSorted()).toEqual(calls.map(({ requestId }) => String(requestId)).toSorted());
    expect(upgrades[0]).toMatchObject({ call: 'UpdateNodegroupVersion' });
    expect(told(rows, 'reason')).not.toContain('release-seen');
  });

  it('what failed and what to do: only what still fails', async () => {
    const rows = await ask(agents, textOf(agents, 'what failed and what to do'));
    const keyOf = ({ remediation, cluster, nodegroup, instance, details }: (typeof agents.records)[number]) =>
      JSON.stringify([remediation, cluster, nodegroup, instance, details?.check]);
    const words = agents.records.filter(({ reason }) => reason !== 'request-granted' && reason !== 'request-refused');
    const latest = new Map(words.map((record) => [keyOf(record), record]));
    const failing = [...latest.values()].filter(({ decision }) => decision === 'failed' || decision === 'refused');
    expect(rows).toHaveLength(failing.length);
    // Some node groups have failed, and are cured by now.
    const cured = words.filter(
      (record) => record.decision === 'failed' && latest.get(keyOf(record))?.decision === 'done',
    );
    expect(cured.length).toBeGreaterThan(0);
    expect(rows.find(({ cause }) => cause === 'imds-unreachable')?.whatToDo).toContain('HttpEndpoint');
  });

  it('what to approve: what mode observe proposes, until it is done', async () => {
    const policy = { upgrades: { mode: 'observe', bakeAge: '1m' } };
    const proposed = await start({ inProcess: true, fleet: 'demo', policy, play: '4h' });
    const rows = await ask(proposed, textOf(proposed, 'what to approve'));
    expect(told(rows, 'cluster', 'nodegroup', 'proposal')).toContain('data postgres would-upgrade');
  });

  it('what waits and for what', async () => {
    const policy = { upgrades: { bakeAge: '3d' } };
    const baking = await start({ inProcess: true, fleet: 'demo', policy, play: '6h' });
    const rows = await ask(baking, textOf(baking, 'what waits and for what'));
    expect(told(rows, 'cluster', 'nodegroup', 'waitsFor')).toContain('shop web baking');
    expect(rows.find(({ nodegroup }) => nodegroup === 'web')?.what).toMatch(/bakes until 2026-07-1/);
  });

  it('records of an instance', async () => {
    const cured = agents.records.find(({ reason }) => reason === 'agent-cured');
    const INSTANCE_ID = cured?.instance ?? '';
    const rows = await ask(agents, textOf(agents, 'records of an instance', { INSTANCE_ID }));
    expect(told(rows, 'decision')[0]).not.toBe('done');
    expect(told(rows, 'decision', 'reason').at(-1)).toBe('done agent-cured');
  });

  it('incident of an event', async () => {
    const started = demo.records.find(({ reason }) => reason === 'upgrade-started');
    const rows = await ask(demo, textOf(demo, 'incident of an event', { ID: started?.correlationId ?? '' }));
    const reasons = told(rows, 'reason').filter((reason) => reason !== 'upgrade-in-flight');
    expect(reasons.slice(-2)).toEqual(['upgrade-started', 'upgraded']);
    expect(rows.every(({ correlationId }) => correlationId === started?.correlationId)).toBe(true);
  });

  it('who asked for it', async () => {
    // The hourly sweep is due at this very second. It must not be the first to report the kill switch.
    await demo.account.play(2 * 60_000);
    const before = await ask(demo, textOf(demo, 'who asked for it'));
    demo.account.fleet.parameters.put({
      Name: '/eks-host-remediator/policy',
      Value: '{"killSwitch":true}',
      Overwrite: true,
    });
    const detail = { trigger: 'operator' as const, clusterName: 'shop', nodegroupName: 'web' };
    demo.account.putEvent({ ...upgradeReconcileRequest, id: 'operator-2', detail });
    await demo.account.play(60_000);
    const rows = await ask(demo, textOf(demo, 'who asked for it'));
    expect(rows.length).toBe(before.length + 1);
    expect(rows[0]).toMatchObject({ cluster: 'shop', nodegroup: 'web', reason: 'kill-switch' });
    expect(rows[0]?.['trigger.id']).toContain('operator-2');
  });

  it('is everything alive', async () => {
    const rows = await ask(demo, textOf(demo, 'is everything alive'));
    // The two functions of the widget run on demand. Some others only run on request of another function, for example
    // to terminate a worker, or where Karpenter runs. Two run once a day.
    const seldom = [
      'terminate-workers',
      'close-shells',
      'refresh-groups',
      'steer-node-classes',
      'watch-support-dates',
      'watch-hosts',
    ];
    const working = demo.account.lambda.functions.filter(
      ({ label }) => !label.endsWith('-actions') && !seldom.includes(label),
    );
    expect(told(rows, 'ran')).toEqual(expect.arrayContaining(working.map(({ name }) => name)));
    for (const { runs, failed, lastRun } of rows.filter(({ ran }) => working.some(({ name }) => name === ran))) {
      expect([Number(runs) > 0, failed]).toEqual([true, '0']);
      expect(demo.account.time.now - Number(lastRun)).toBeLessThan(HOUR + 1000);
    }
  });

  it('which findings are open, and what is in quarantine', async () => {
    const early = await start({ inProcess: true, fleet: 'demo', play: '75m' });
    const findings = await ask(early, textOf(early, 'which findings are open'));
    expect(told(findings, 'cluster', 'nodegroup', 'lastWord')).toEqual(['shop batch urgent-without-ami']);
    const quarantines = await ask(early, textOf(early, 'what is in quarantine'));
    expect(told(quarantines, 'cluster', 'nodegroup', 'lastWord')).toEqual(['shop web quarantined']);
    expect(quarantines[0]?.why).toContain('a fresh read found no exposure');
  });

  it('AMI age by release', async () => {
    const rows = await ask(demo, textOf(demo, 'ami age by release'));
    const running = demo.account.snapshot().clusters.flatMap(({ nodeGroups }) => nodeGroups);
    // Up to an hour old, because the watcher runs hourly.
    const newest = rows.find(({ releaseVersion }) => releaseVersion?.endsWith('-20260714'));
    expect(Number(newest?.days)).toBeLessThanOrEqual(1);
    expect(Number(newest?.groups)).toBeGreaterThan(0);
    expect(new Set(rows.map(({ amiType }) => amiType))).toEqual(new Set(running.map(({ amiType }) => amiType)));
  });

  it('how old and how large the fleet is, by hour', async () => {
    const ages = await ask(demo, textOf(demo, 'how old is the fleet'));
    // A row for each hour, and the last one may have begun.
    expect([9, 10]).toContain(ages.length);
    for (const { oldestRelease, medianRelease, oldestNode } of ages) {
      expect(Number(oldestRelease)).toBeGreaterThanOrEqual(Number(medianRelease));
      expect(Number(oldestNode)).toBeGreaterThan(0);
    }
    const [first] = (await ask(agents, textOf(agents, 'how large is the fleet'))).filter(
      ({ seenWorkers }) => seenWorkers,
    );
    const { clusters } = agents.account.snapshot();
    expect(Number(first?.groups)).toBe(clusters.flatMap(({ nodeGroups }) => nodeGroups).length);
    expect(Number(first?.seenWorkers)).toBeGreaterThan(10);
  });

  it('workers without SSM by cause', async () => {
    const rows = await ask(agents, textOf(agents, 'workers without ssm by cause'));
    const last = new Map(agents.records.map((record) => [record.instance, record]));
    const troubled = [...last].filter(
      ([instance, { decision, details }]) =>
        // An outdated agent still answers.
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
    const rolling = await start({ inProcess: true, fleet: 'demo', policy, play: '6h' });
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
