import { expect, it } from 'vitest';
import { operate } from '../cli/operator.fixture.ts';
import { HOUR, incidentOf, MINUTE, playThrough, upgradeCalls } from './harness.ts';
import { FAST, fleet, group, NEW, OLD, release, ring } from './upgrade.fixture.ts';

const SHARED = 'arn:aws:ssm:eu-central-1:999988887777:document/group-freeze';

const gated = (groups: object[], more: object) => ({ ...fleet(groups), ...more });
const policyWith = (gates: object, overrides: object[] = []) => ({ upgrades: { bakeAge: '2h', gates }, overrides });

it('upgrades wait for alarms, composite ones too, and then for a change calendar, and start when it opens', async () => {
  const run = await playThrough({
    inProcess: true,
    fleet: gated([group('web')], {
      alarms: [
        {
          name: 'checkout-errors',
          changes: [
            { at: '+3h', state: 'ALARM' },
            { at: '+5h', state: 'OK' },
          ],
        },
        { name: 'shop', rule: 'ALARM("checkout-errors")' },
      ],
      calendars: [{ name: 'release-freeze', events: [{ from: '+4h30m', until: '+6h20m' }] }],
    }),
    policy: policyWith({ alarms: ['shop'], calendars: ['release-freeze'] }),
    play: '4h10m',
  });
  const planned = await operate(run.account, 'plan', '--fleet', 'shop', '--output', 'json');
  expect(JSON.parse(planned.stdout)).toMatchObject({ reason: 'alarm-gate-closed', place: 1 });
  await run.account.play(3 * HOUR);

  expect(
    incidentOf(run, 'shop', 'web')
      .filter((line) => !line.includes('in-flight'))
      .slice(-4),
  ).toEqual(['waiting alarm-gate-closed', 'waiting calendar-gate-closed', 'acted upgrade-started', 'done upgraded']);
  const started = run.records.find(({ reason }) => reason === 'upgrade-started');
  // Nothing reads a gate before something would start.
  const firstLook = run.calls.find(
    ({ operation }) => operation === 'DescribeAlarms' || operation === 'GetCalendarState',
  );
  expect(firstLook?.at.slice(0, 13)).toBe('2026-07-14T04');
  // The event comes within seconds, which the wake-up need not do.
  expect(started?.time.slice(0, 16)).toBe('2026-07-14T06:20');
  expect(upgradeCalls(run)).toHaveLength(1);
});

it('a change calendar that opens wakes nobody who waits for another one', async () => {
  const run = await playThrough({
    inProcess: true,
    fleet: {
      ...fleet([]),
      clusters: [ring('near', [group('web')]), ring('far', [group('web')])],
      calendars: [
        { name: 'near-freeze', events: [{ from: '+1h', until: '+5h10m' }] },
        { name: 'far-freeze', events: [{ from: '+1h', until: '+30h' }] },
        { name: 'unknown-to-the-policy', events: [{ from: '+1h', until: '+5h20m' }] },
      ],
    },
    policy: policyWith({}, [
      { name: 'near', match: { clusters: ['near'] }, upgrades: { gates: { calendars: ['near-freeze'] } } },
      { name: 'far', match: { clusters: ['far'] }, upgrades: { gates: { calendars: ['far-freeze'] } } },
    ]),
    play: '5h40m',
  });
  expect(incidentOf(run, 'near', 'web').at(-1)).toBe('done upgraded');
  expect(incidentOf(run, 'far', 'web').at(-1)).toBe('waiting calendar-gate-closed');
  const opened = run.calls.filter(
    ({ operation, at, function: by }) =>
      by === 'upgrade-node-groups' && operation === 'DescribeNodegroup' && /T05:(10|20):/.test(at),
  );
  expect(opened.filter(({ input }) => JSON.stringify(input).includes('"far"'))).toEqual([]);
  expect(opened.some(({ input }) => JSON.stringify(input).includes('"near"'))).toBe(true);
});

it('a gate that is not there is closed and told, where the policy names it and nowhere else', async () => {
  const run = await playThrough({
    inProcess: true,
    fleet: gated([group('web'), group('api'), group('db')], {
      calendars: [{ name: 'group-freeze', sharedBy: '999988887777', type: 'DEFAULT_OPEN' }],
    }),
    policy: policyWith({ calendars: [SHARED] }, [
      { name: 'misspelt', match: { nodegroups: ['web'] }, upgrades: { gates: { alarms: ['chekout-errors'] } } },
      { name: 'gone', match: { nodegroups: ['api'] }, upgrades: { gates: { calendars: ['gone'] } } },
    ]),
    play: '5h',
  });
  expect(incidentOf(run, 'shop', 'db').at(-1)).toBe('done upgraded');
  const told = (name: string) => run.records.findLast(({ nodegroup }) => nodegroup === name);
  expect(told('web')).toMatchObject({ decision: 'refused', reason: 'gate-unreadable' });
  expect(told('web')?.message).toBe('A gate that cannot be read counts as closed: chekout-errors (no such alarm).');
  expect(told('api')?.message).toMatch(/^A gate that cannot be read counts as closed: gone \(InvalidDocument: /);
  expect(upgradeCalls(run)).toHaveLength(1);
});

it('full subnets keep an upgrade from starting, as the plan says; with addresses again it starts', async () => {
  const run = await playThrough({
    inProcess: true,
    fleet: fleet([group('web'), group('api', { updateConfig: { updateStrategy: 'MINIMAL' } })], {
      vpc: { freeAddresses: [{ perSubnet: 0 }, { at: '+5h', perSubnet: 1 }] },
    }),
    policy: { upgrades: { bakeAge: '2h', concurrency: { perCluster: 2 } } },
    play: '4h30m',
  });
  // Where old nodes end first, no address is needed.
  expect(incidentOf(run, 'shop', 'api').at(-1)).toBe('done upgraded');
  expect(incidentOf(run, 'shop', 'web').at(-1)).toBe('refused preflight-blocked');
  const planned = await operate(run.account, 'plan', '--fleet', 'shop/web');
  expect(planned.stdout).toContain('preflight-blocked: The upgrade does not start');
  await run.account.play(2 * HOUR);
  expect(incidentOf(run, 'shop', 'web').at(-1)).toBe('done upgraded');
  const started = run.records.findLast(({ nodegroup, reason }) => nodegroup === 'web' && reason === 'upgrade-started');
  expect(started?.message).toContain('Warning: its 3 subnets have 3 free addresses, and EKS launches up to 6');
  const looks = run.calls.filter(
    ({ operation, function: by }) => operation === 'DescribeSubnets' && by === 'upgrade-node-groups',
  );
  expect(looks.length).toBeLessThan(10);
});

it('a suspended process Launch keeps an upgrade from starting, and holds up nobody else; a suspended Terminate is told', async () => {
  const suspended = (...suspendedProcesses: string[]) => ({ suspendedProcesses });
  const run = await playThrough({
    inProcess: true,
    fleet: fleet([group('a', suspended('Launch')), group('b', suspended('Terminate')), group('c')]),
    policy: FAST,
    play: '6h',
  });
  expect(incidentOf(run, 'shop', 'a').at(-1)).toBe('refused preflight-blocked');
  for (const name of ['b', 'c']) expect(incidentOf(run, 'shop', name).at(-1)).toBe('done upgraded');
  const started = run.records.find(({ nodegroup, reason }) => nodegroup === 'b' && reason === 'upgrade-started');
  expect(started?.message).toContain('Warning: the process Terminate of its Auto Scaling group is suspended');
  expect(upgradeCalls(run)).toHaveLength(2);
});

it('nodes in a Capacity Block keep an upgrade from starting until their group is scaled to 0', async () => {
  const run = await playThrough({
    inProcess: true,
    fleet: fleet([group('gpu', { capacityType: 'CAPACITY_BLOCK' }), group('web')]),
    policy: FAST,
    play: '6h',
  });
  expect(incidentOf(run, 'shop', 'gpu').at(-1)).toBe('refused preflight-blocked');
  expect(incidentOf(run, 'shop', 'web').at(-1)).toBe('done upgraded');
  const { autoScalingGroups } = run.account.fleet;
  const emptied = autoScalingGroups.list().find(({ name }) => name.startsWith('eks-gpu-'))!;
  Object.assign(emptied, { min: 0, desired: 0 });
  for (const { instance } of emptied.members.values()) autoScalingGroups.terminate(emptied, instance, MINUTE);
  await run.account.play(6 * HOUR);
  expect(incidentOf(run, 'shop', 'gpu').at(-1)).toBe('done upgraded');
});

it('instance types that EC2 does not offer in a zone are told, and block nothing', async () => {
  const zones = ['eu-central-1a', 'eu-central-1c'];
  const run = await playThrough({
    inProcess: true,
    fleet: {
      ...fleet([
        group('web', { instanceType: 'm5.large' }),
        group('api', { instanceType: 'm6i.large' }),
        group('old', { instanceType: 'm4.large' }),
      ]),
      notOffered: [
        { instanceType: 'm5.large', zones },
        { instanceType: 'm4.large', zones: [...zones, 'eu-central-1b'] },
      ],
    },
    policy: { upgrades: { bakeAge: '2h', concurrency: { perCluster: 3 } } },
    play: '5h',
  });
  const started = (name: string) =>
    run.records.find(({ nodegroup, reason }) => nodegroup === name && reason === 'upgrade-started')?.message;
  expect(started('web')).toContain(
    'Warning: EC2 offers none of its instance types (m5.large) in eu-central-1a, eu-central-1c.',
  );
  expect(started('api')).not.toContain('Warning');
  expect(started('old')).toContain('(m4.large) in any of its zones, so no new node comes up.');
  expect(run.records.find(({ reason }) => reason === 'upgrade-failed')).toMatchObject({ nodegroup: 'old' });
  // Auto Scaling launches in the zone that is left.
  const zonesOf = (name: string) =>
    new Set(
      run.account.fleet.instances
        .list()
        .filter(
          ({ state, kubernetes }) => state === 'running' && kubernetes?.labels['eks.amazonaws.com/nodegroup'] === name,
        )
        .map(({ availabilityZone }) => availabilityZone),
    );
  expect([...zonesOf('web')]).toEqual(['eu-central-1b']);
  expect(zonesOf('api').size).toBeGreaterThan(1);
  const asked = run.calls.filter(({ operation }) => operation === 'DescribeInstanceTypeOfferings');
  // At most one read is made where something starts.
  const starts = run.records.filter(({ reason }) => reason === 'upgrade-started');
  expect(asked.length).toBeLessThanOrEqual(starts.length);
});

it('a full quota of vCPUs is told where an upgrade starts; EKS brings up no node', async () => {
  const playWith = (limit: number) =>
    playThrough({
      inProcess: true,
      fleet: {
        ...fleet([group('web', { instanceType: 'm5.large', desiredSize: 3 })]),
        vcpuQuotas: { 'Standard/OnDemand': limit },
      },
      policy: { upgrades: { bakeAge: '2h' } },
      play: '5h',
    });
  const full = await playWith(7);
  expect(full.records.find(({ reason }) => reason === 'upgrade-started')?.message).toContain(
    "Warning: EC2's quota may be too small (Standard/OnDemand has 1 of 7 vCPUs free): EKS launches at least 1 node of m5.large before it removes old nodes",
  );
  expect(full.records.find(({ reason }) => reason === 'upgrade-failed')?.message).toContain('NodeCreationFailure');
  const roomy = await playWith(8);
  expect(incidentOf(roomy, 'shop', 'web').at(-1)).toBe('done upgraded');
  expect(roomy.records.find(({ reason }) => reason === 'upgrade-started')?.message).not.toContain('Warning');
  const calls = roomy.calls.filter((call) => call.function === 'upgrade-node-groups');
  for (const operation of ['GetMetricData', 'DescribeInstanceTypes']) {
    expect(calls.filter((call) => call.operation === operation)).toHaveLength(1);
  }
});

it('a disruption budget that lets no pod go keeps an upgrade from starting, and is named with pod and owner', async () => {
  const entry = { function: 'upgrade-node-groups', kubernetesGroups: ['eks-host-remediator-upgrades'] };
  const cart = { name: 'cart', namespace: 'shop', replicas: 2, disruptionBudget: { minAvailable: 2 } };
  const run = await playThrough({
    inProcess: true,
    fleet: fleet([group('web', { workloads: [cart] }), group('api', { workloads: [{ name: 'solo', replicas: 1 }] })], {
      accessEntries: [entry],
    }),
    policy: { upgrades: { bakeAge: '2h', preflightPods: true } },
    play: '5h',
  });
  const told = (name: string, wanted: string) =>
    run.records.findLast(({ nodegroup, reason }) => nodegroup === name && reason === wanted)?.message;
  expect(incidentOf(run, 'shop', 'web').at(-1)).toBe('refused preflight-blocked');
  expect(told('web', 'preflight-blocked')).toMatch(
    /the disruption budget shop\/cart now allows no eviction of shop\/cart-\S+ \(ReplicaSet cart-\w+\), shop\/cart-/,
  );
  expect(told('api', 'upgrade-started')).toMatch(
    /Warning: .*1 pod without another pod of the same controller: default\/solo-/,
  );
  expect(incidentOf(run, 'shop', 'api').at(-1)).toBe('done upgraded');
});

it('evictions are tried where the cluster allows it: the answer decides, and nothing is evicted', async () => {
  const entry = { function: 'upgrade-node-groups', kubernetesGroups: ['eks-host-remediator-upgrades'] };
  const workload = (name: string, more: object) => ({ name, namespace: 'shop', replicas: 2, ...more });
  const two = workload('two', { disruptionBudget: { maxUnavailable: 1 }, furtherBudgets: [{ maxUnavailable: 1 }] });
  const stale = workload('stale', { disruptionBudget: { maxUnavailable: 1, isStale: true } });
  const free = workload('free', { disruptionBudget: { maxUnavailable: 1 } });
  const cluster = (name: string, workloads: object[], rbacEvictions: boolean) =>
    ring(name, [group('web', { workloads })], { accessEntries: [entry], rbacEvictions });
  const run = await playThrough({
    inProcess: true,
    fleet: {
      ...fleet([]),
      clusters: [
        cluster('held', [two, stale, free], true),
        cluster('let-go', [free], true),
        cluster('not-allowed', [stale], false),
      ],
    },
    policy: { upgrades: { bakeAge: '2h', preflightPods: true, preflightEvictions: true } },
    play: '5h',
  });
  const told = (name: string, wanted: string) =>
    run.records.find(({ cluster: of, reason }) => of === name && reason === wanted)?.message;
  const held = told('held', 'preflight-blocked');
  expect(held).toMatch(
    /shop\/two, shop\/two-2 together never allow an eviction of shop\/two-[^)]*\), [^(]*\([^)]*\) \(a dry run confirms it\)/,
  );
  expect(held).toMatch(
    /shop\/stale is not up to date for shop\/stale-[^)]*\), [^(]*\([^)]*\) \(a dry run confirms it\)/,
  );
  expect(incidentOf(run, 'let-go', 'web').at(-1)).toBe('done upgraded');
  expect(told('not-allowed', 'upgrade-started')).toMatch(
    /Warning: the status of .* evictions could not be tried \(the cluster does not allow it: npm run -s rbac -- --evictions/,
  );
  const evictions = run.calls.filter(({ operation }) => operation === 'POST pods/eviction');
  // Each hold and reconcile tries one eviction. A pod that no budget holds is not tried.
  expect(evictions.filter(({ input }) => JSON.stringify(input).includes('"name":"free-'))).toEqual([]);
  expect(evictions.length).toBeGreaterThan(2);
  for (const { input } of evictions) expect(input).toMatchObject({ dryRun: 'All' });
});

it('after EKS has given up for a pod that did not leave, the record names the pod, where the cluster lets it be read', async () => {
  const entry = { function: 'upgrade-node-groups', kubernetesGroups: ['eks-host-remediator-upgrades'] };
  const cart = { name: 'cart', namespace: 'shop', replicas: 2, disruptionBudget: { minAvailable: 2 } };
  // Nothing tells the update to fail: EKS tries for a quarter of an hour to evict the pods, and gives up.
  const cluster = (name: string, accessEntries: object[]) =>
    ring(name, [group('web', { workloads: [cart], updates: { minutesPerNode: 4 } })], { accessEntries });
  const run = await playThrough({
    inProcess: true,
    fleet: { ...fleet([]), clusters: [cluster('open', [entry]), cluster('shut', [])] },
    policy: { upgrades: { bakeAge: '2h', preflight: 'warn', preflightPods: true } },
    play: '5h',
  });
  const told = (name: string) =>
    run.records.find((record) => record.cluster === name && record.reason === 'upgrade-failed')?.message;
  expect(told('open')).toMatch(
    /PodEvictionFailure: .*\((ip-[\w.-]+)\)\. Now, on \1: the disruption budget shop\/cart now allows no eviction of shop\/cart-\S+ \(ReplicaSet cart-\w+\)\./,
  );
  expect(told('shut')).toContain('Which pod it was could not be read (The Kubernetes API of shut answered 401');
});

it('a node that ceases to be Ready in an earlier wave keeps the release from the next one until it is well, and a shut cluster does', async () => {
  const entry = { function: 'upgrade-node-groups', kubernetesGroups: ['eks-host-remediator-upgrades'] };
  const cluster = (name: string, accessEntries: object[], workloads: object[] = []) => ({
    name,
    version: '1.33',
    nodeGroups: [group('web', { desiredSize: 1, updates: { minutesPerNode: 4 }, workloads })],
    accessEntries,
  });
  const run = await playThrough({
    inProcess: true,
    fleet: {
      startsAt: '2026-07-14T00:00:00Z',
      releases: [release(OLD, '-10d'), release(NEW, '+30m')],
      clusters: [
        cluster('lab', [entry], [{ name: 'cart', namespace: 'shop', replicas: 1 }]),
        cluster('prod', [entry]),
        cluster('shut', []),
      ],
      changes: [{ at: '+3h30m', cluster: 'lab', nodeGroup: 'web', stopKubelet: { until: '+7h' } }],
    },
    policy: {
      upgrades: { bakeAge: '2h', bakeBetween: '1h', waves: ['canary', 'prod'], gates: { nodesAndPods: true } },
      overrides: [{ name: 'lab', match: { clusters: ['lab'] }, upgrades: { wave: 'canary' } }],
    },
    play: '9h',
  });
  const told = run.records.filter(({ cluster: name }) => name === 'prod');
  expect(told.filter(({ reason }) => reason === 'workload-gate-closed').map(({ message }) => message)).toContainEqual(
    expect.stringMatching(
      /^Since the release was first seen: in lab, 1 node is not Ready \(ip-\S+\) and 1 pod is pending \(shop\/cart-\S+ of ReplicaSet cart-\w+\)\.$/,
    ),
  );
  const at = (name: string, wanted: string) =>
    run.records.find(({ cluster: of, reason }) => of === name && reason === wanted)?.time.slice(11, 13);
  expect(at('lab', 'upgrade-started')).toBe('03');
  expect(at('prod', 'upgrade-started')).toBe('07');
  expect(run.records.findLast(({ cluster: name }) => name === 'shut')).toMatchObject({
    decision: 'refused',
    reason: 'gate-unreadable',
    message: expect.stringContaining(
      'What cannot be read is closed: the nodes and pods of shut (The Kubernetes API of shut',
    ),
  });
  expect(upgradeCalls(run)).toHaveLength(2);
});
