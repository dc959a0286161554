import { expect, it } from 'vitest';
import { operate, surroundingsIn } from '../cli/operator.fixture.ts';
import { createLedger } from '../functions/shared/ledger/ledger.ts';
import { orderReplacement } from '../functions/shared/ledger/replacement-orders.ts';
import { HOUR, nodeGroupOf, playThrough, upgradeCalls } from './harness.ts';
import { group, OLD, release } from './upgrade.fixture.ts';
import { carriedBy, chosen, shown } from './widget.fixture.ts';

const OLDEST = '1.33.10-20260403';
const NEWEST = '1.33.13-20260714';

it('plan --fleet names before it begins who starts in which order and not before when, and changes nothing', async () => {
  const at = (name: string, releaseVersion: string, more: object = {}) => group(name, { releaseVersion, ...more });
  const clusters = [
    { name: 'shop', version: '1.33', nodeGroups: [at('api', OLD), at('web', OLDEST)] },
    { name: 'test', version: '1.33', nodeGroups: [at('jobs', OLD, { tags: { 'eks-host-remediator:ignore': '' } })] },
  ];
  const releases = [release(OLDEST, '-90d'), release(OLD, '-10d'), release(NEWEST, '+30m')];
  const policy = {
    upgrades: { bakeAge: '2h', windows: [{ cron: '0 6 * * *', duration: '6h', timeZone: 'Europe/Berlin' }] },
  };
  const fleet = { startsAt: '2026-07-14T00:00:00Z', releases, clusters };
  const run = await playThrough({ inProcess: true, fleet, policy, play: '90m' });
  const writes = () =>
    run.calls.filter(({ operation }) => /^(Put|Update|Create|Delete|Start|Send|Modify)/.test(operation)).length;
  const before = writes();
  const planned = await operate(run.account, 'plan', '--fleet', '--json');
  const lines = planned.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(writes()).toBe(before);
  // Six o'clock in Berlin is four in UTC, and the release has baked by then.
  expect(
    lines.map(({ place, cluster, nodegroup, reason, notBefore }) => [
      place,
      `${cluster}/${nodegroup}`,
      reason,
      notBefore,
    ]),
  ).toEqual([
    [1, 'shop/web', 'baking', '2026-07-14T04:00:00.000Z'],
    [2, 'shop/api', 'baking', '2026-07-14T04:00:00.000Z'],
    [undefined, 'test/jobs', 'opted-out', undefined],
  ]);
  const shown = await operate(run.account, 'plan', '--fleet', 'test');
  expect(shown.stdout).toMatch(/^ {2}PLACE +DECISION +SUBJECT +NOT BEFORE +WHAT\n {9}skipped +test\/jobs +opted-out: /);

  await run.account.play(6 * HOUR);
  const started = run.records.filter(({ reason }) => reason === 'upgrade-started');
  expect(started.map(({ cluster, nodegroup }) => `${cluster}/${nodegroup}`)).toEqual(['shop/web', 'shop/api']);
  expect(started[0]?.time.slice(0, 16)).toBe('2026-07-14T04:00');
  expect(upgradeCalls(run)).toHaveLength(2);
});

it('the widget shows the same order, and approves a wave of it, also outside the windows', async () => {
  const at = (name: string, releaseVersion = OLD) => group(name, { releaseVersion, desiredSize: 1 });
  const cluster = (name: string, ...nodeGroups: object[]) => ({ name, version: '1.33', nodeGroups });
  const policy = {
    upgrades: {
      bakeAge: '1h',
      waves: ['canary', 'prod'],
      approval: 'required',
      windows: [{ cron: '0 6 * * *', duration: '4h' }],
    },
    overrides: [{ name: 'lab', match: { clusters: ['lab-*'] }, upgrades: { wave: 'canary' } }],
  };
  const fleet = {
    startsAt: '2026-07-14T00:00:00Z',
    releases: [release(OLDEST, '-90d'), release(OLD, '-10d'), release(NEWEST, '+30m')],
    clusters: [
      cluster('lab-a', at('web')),
      cluster('lab-b', at('web', OLDEST)),
      cluster('prod', at('api'), at('web', OLDEST)),
    ],
  };
  const run = await playThrough({ inProcess: true, fleet, policy, play: '4h' });
  const { stdout } = await operate(run.account, 'plan', '--fleet', '-o', 'json');
  const planned = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const markup = await shown(run.account, { page: 'plan' });
  const rows = [...markup.matchAll(/<tr><td>(\d+)<\/td><td>(\w+)<\/td><td[^>]*><button[^>]*>([^<]*)</g)];
  expect(rows.map(([, place, wave, subject]) => [Number(place), wave, subject])).toEqual(
    planned.map(({ place, wave, cluster: of, nodegroup }) => [place, wave, `${of}/${nodegroup}`]),
  );
  expect(rows).toHaveLength(4);
  for (const { plan } of planned.filter(({ wave }) => wave === 'canary')) expect(markup).toContain(`plan ${plan}<`);

  const pressed = await run.account.invoke(
    'request-actions',
    chosen(carriedBy(markup, 'Approve wave canary (2)') as never),
  );
  expect(String(pressed.ok && pressed.result)).toContain('Asked for: approve 2 resources');
  await run.account.play(5 * HOUR);
  const releaseOf = (name: string) => nodeGroupOf(run, name, 'web').releaseVersion;
  expect(['lab-a', 'lab-b', 'prod'].map(releaseOf)).toEqual([NEWEST, NEWEST, OLDEST]);
  const started = run.records.filter(({ reason }) => reason === 'upgrade-started');
  expect(started.every(({ time, message }) => time > '2026-07-14T06:00' && message.includes('Approved by Ada'))).toBe(
    true,
  );
});

it('plan --fleet does not say that a group starts whose pods the last look before its start found to hold it', async () => {
  const cart = { name: 'cart', namespace: 'shop', replicas: 2, disruptionBudget: { minAvailable: 2 } };
  const admitted = [{ function: 'upgrade-node-groups', kubernetesGroups: ['eks-host-remediator-upgrades'] }];
  const nodeGroups = [group('hold', { workloads: [cart] })];
  const fleet = {
    startsAt: '2026-07-14T00:00:00Z',
    releases: [release(OLD, '-10d'), release(NEWEST, '+30m')],
    clusters: [{ name: 'shop', version: '1.33', accessEntries: admitted, nodeGroups }],
  };
  const policy = { upgrades: { bakeAge: '2h', preflightPods: true } };
  const run = await playThrough({ inProcess: true, fleet, policy, play: '5h' });
  const { stdout } = await operate(run.account, 'plan', '--fleet', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ nodegroup: 'hold', decision: 'refused', reason: 'preflight-blocked' });
});

it('plan --fleet goes wave after wave where nodes are ordered to be replaced with the release that they run', async () => {
  const cluster = (name: string) => ({
    name,
    version: '1.33',
    nodeGroups: [group('web', { releaseVersion: OLD, desiredSize: 1 })],
  });
  const fleet = {
    startsAt: '2026-07-14T00:00:00Z',
    releases: [release(OLD, '-10d')],
    clusters: [cluster('lab'), cluster('prod')],
  };
  const policy = {
    upgrades: { waves: ['canary', 'prod'] },
    overrides: [{ name: 'lab', match: { clusters: ['lab'] }, upgrades: { wave: 'canary' } }],
  };
  const run = await playThrough({ inProcess: true, fleet, policy, play: '70m' });
  const { clients, stack, clock } = await surroundingsIn(run.account);
  const ledger = createLedger(clients.dynamoDb, stack.LedgerTableName);
  const order = { launchedBefore: clock.now(), why: 'They do not trust it.', until: clock.now() + 24 * HOUR };
  const plannedFor = async (name: string) => {
    const { stdout } = await operate(run.account, 'plan', '--fleet', '--json', name);
    const { reason, message } = JSON.parse(stdout);
    return `${reason}: ${message}`;
  };
  await orderReplacement(ledger, 'prod/web', order);
  expect(await plannedFor('prod')).toMatch(/^upgrade-started: The node group is being moved from nodes /);
  await orderReplacement(ledger, 'lab/web', order);
  expect(await plannedFor('prod')).toMatch(/^earlier-wave: It waits for wave canary: lab\/web is being replaced\./);
});
