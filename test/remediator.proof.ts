import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Ended, operate, surroundingsIn } from '../cli/operator.fixture.ts';
import { followRequest, RequestRefused, sendRequest } from '../cli/request.ts';
import { detailType as upgradeReconcileRequest } from '../events/upgrade-reconcile-request.ts';
import { readRecordLine } from '../functions/shared/records/record-line.ts';
import type { Run } from '../sandbox/play.ts';
import { start } from './harness.ts';
import { readPage } from './markdown.ts';
import { inProcess, inProcessWith } from './remediator-process.ts';

let run: Run;
/** The first launch after the upgrades began, and its worker. */
let launch: { event: string; instance: string };
beforeAll(async () => {
  // A worker of the demo is in quarantine meanwhile, and here its node group does not wait for it.
  run = await start({ fleet: 'demo', policy: { upgrades: { bakeAge: '1h', waitForQuarantine: '0m' } }, play: '6h' });
  const record = run.records.find(
    ({ trigger, reason }) => trigger.type === 'EC2 Instance Launch Successful' && reason === 'agent-verified',
  );
  launch = { event: record?.trigger.id ?? '', instance: record?.instance ?? '' };
}, 60_000);

const explain = (...argv: string[]): Promise<Ended> => operate(run.account, 'explain', ...argv);

/** The records that `--json` prints, as `subject reason`. */
const told = ({ stdout }: Ended): string[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map(readRecordLine)
    .map((record) =>
      [record?.nodegroup, record?.instance, record?.reason].filter((part) => part !== undefined).join(' '),
    );

describe('explain', () => {
  it('tells the incident of a node group: each step with time, reason and what asked for it; last how it stands', async () => {
    const { code, stdout, stderr } = await explain('shop/web');
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('shop/web: the last 7d, by eks-host-remediator in eu-central-1 (times in UTC)');
    expect(stdout).toMatch(
      /^ {2}1\d:\d\d:\d\d {2}shop\/web +▶ upgrade-started +The node group is being upgraded from .*\n +← Upgrade Reconcile Request \((wake-up|slot-free)\)/m,
    );
    expect((await explain('data/frozen')).stdout).toMatch(
      /– opted-out .*\n +→ Remove the tag to have it looked after again\./,
    );
    // The group runs the release, but a worker in it is in quarantine, which is graver.
    expect(stdout).toMatch(
      /upgraded +It runs 1\.35\.6-20260714 now\.\n.*\n\nNow: shop\/web\/i-\w+: in quarantine since .*\nNow: shop\/web: done since .*\(upgraded\)\nNow: \d+ more done or skipped\.$/m,
    );
  });

  it('gives the records themselves with --json, in order and each once', async () => {
    const ended = await explain('shop/web', '--json');
    const times = ended.stdout
      .trimEnd()
      .split('\n')
      .map((line) => readRecordLine(line)?.time ?? '');
    expect(times).toEqual([...times].sort());
    const mine = run.records.filter(({ cluster, nodegroup }) => cluster === 'shop' && nodegroup === 'web');
    expect(told(ended).filter((line) => line.startsWith('web'))).toHaveLength(mine.length);
  });

  it('tells the incident of a worker only, however many others the same event was about', async () => {
    const cured = run.records.find(({ reason }) => reason === 'agent-cured');
    const { stdout } = await explain(cured?.instance ?? '');
    expect(stdout).toMatch(/agent-install-started|policy-attached/);
    expect(stdout).toMatch(/agent-cured .*\n.*\n\nNow: data\/.*\/i-\w+: done since .*\(agent-cured\)/);
    const ids = new Set(stdout.match(/i-[0-9a-f]{17}/g));
    expect([...ids]).toEqual([cured?.instance]);
  });

  it('tells what came of an event, and of all hints that came of it', async () => {
    expect(told(await explain(launch.event, '--json'))).toEqual([
      expect.stringMatching(new RegExp(`${launch.instance} agent-verified$`)),
    ]);
    const sweep = run.records.find(({ reason }) => reason === 'sweep-finished');
    const ofSweep = told(await explain(sweep?.trigger.id ?? '', '--json'));
    expect(ofSweep).toContain('sweep-finished');
    expect(ofSweep).toContain('frozen opted-out');
    expect(ofSweep.filter((line) => line.endsWith('agent-cured'))).toHaveLength(3);
  });

  it('follows a release event to the end of each upgrade that came of it, and back to who saw the release', async () => {
    // The sweep of the same minute may come first.
    const event = run.records.find(({ reason, nodegroup }) => reason === 'baking' && nodegroup === 'web');
    const incident = told(await explain(event?.trigger.id ?? '', '--json')).filter(
      // Chance decides whether the group must wait for another one.
      (line) => !/in-flight|concurrency/.test(line),
    );
    expect(incident).toEqual(['release-seen', 'web baking', 'web upgrade-started', 'web upgraded']);
  });

  it('shows the steps that docs/remediator.md shows', async () => {
    const steps = (text: string) => [...text.matchAll(/[▶▷…–✋✗✓] [a-z-]+/g)].map(([step]) => step);
    const shown = steps(
      readPage('docs/remediator.md').blocks.find(({ text }) => text.startsWith('shop/web'))?.text ?? '',
    );
    expect(shown.length).toBeGreaterThan(4);
    const real = steps((await explain('shop/web')).stdout);
    const inOrder = shown.reduce((from, step) => (from < 0 ? from : real.indexOf(step, from) + 1 || -1), 0);
    expect(inOrder, real.join('\n')).toBeGreaterThan(0);
  });

  it('tells how everything in a cluster stands that is not settled, and counts the rest', async () => {
    const early = await start({ fleet: 'demo', play: '3h' });
    const { stdout } = await operate(early.account, 'explain', 'shop');
    expect(stdout.split('\n').filter((line) => line.startsWith('Now: '))).toEqual([
      expect.stringMatching(/^Now: shop\/web\/i-\w+: in quarantine since .*, until .*\(quarantined\)/),
      expect.stringMatching(/^Now: shop\/batch: acted since .*\(upgrade-requested\)/),
      expect.stringMatching(/^Now: shop\/web: waiting since .*\(baking\)/),
      expect.stringMatching(/^Now: \d+ more done or skipped\.$/),
    ]);
  });

  it('looks back only as far as it is told', async () => {
    const { code, stderr } = await explain('data/frozen', '--since', '30m');
    expect(code).toBe(1);
    expect(stderr).toMatch(/has no record about data\/frozen of the last 30m; see --since\.$/m);
  });

  it('finds a node group whose name has a wildcard in it, and no other', async () => {
    const mixed = await start({ fleet: 'mixed', play: '2h' });
    const ended = await operate(mixed.account, 'explain', 'old/auto-mode:*', '--json');
    expect(told(ended)).toEqual(['auto-mode:* auto-mode']);
  });
});

describe('a command line', () => {
  it.each([
    [['explain'], 'RESOURCE: missing; give an instance id'],
    [['explain', 'a b'], 'RESOURCE: "a b" is none; give an instance id'],
    [['explain', 'shop', 'web'], '"web": one RESOURCE at a time'],
    [['explain', 'shop', '--since', 'yesterday'], '--since: "yesterday" must be a whole number with a unit m, h or d'],
    [['explain', 'shop', '--since', '0d'], '--since: "0d" is no time at all; give more, such as 24h'],
    [['explain', 'shop', '--snce', '1d'], '--snce: explain has no such option. Did you mean --since?'],
    [['explian', 'shop'], 'explian: no such command'],
    [['explain', 'shop', '--stack', 'other'], '--stack: there is no stack other in eu-central-1'],
  ])('is refused with what would be right: %j', async (argv, message) => {
    const { code, stdout, stderr } = await operate(run.account, ...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it('explains itself', async () => {
    expect((await operate(run.account)).stdout).toMatch(/^Usage: npx eks-host-remediator COMMAND/);
    expect((await operate(run.account, 'explain', '--help')).stdout).toMatch(/--since DURATION .*\n.*--stack NAME/s);
  });
});

describe('a request', () => {
  const hint = { trigger: 'operator', clusterName: 'shop', nodegroupName: 'web' };

  it('is sent in the name of who asks, and its outcome waited for', async () => {
    const { account } = await start({ fleet: 'demo', play: '90m' });
    const surroundings = await surroundingsIn(account);
    const sent = await sendRequest(surroundings, upgradeReconcileRequest, { ...hint, nodegroupName: 'none' });
    const seen: string[] = [];
    const outcome = await followRequest(surroundings, sent, { onRecord: ({ reason }) => seen.push(reason) });
    expect(outcome).toMatchObject({ nodegroup: 'none', reason: 'node-group-gone', trigger: { id: sent.id } });
    expect(seen).toEqual(['node-group-gone']);
  });

  it('that comes to nothing is waited for no longer than said', async () => {
    const { account } = await start({ fleet: 'demo', play: '90m' });
    const surroundings = await surroundingsIn(account);
    // There is nothing new to record about it.
    const sent = await sendRequest(surroundings, upgradeReconcileRequest, hint);
    const before = account.time.now;
    expect(await followRequest(surroundings, sent, { timeout: 30_000 })).toBeUndefined();
    expect(account.time.now - before).toBe(30_000);
  });

  it('that EventBridge does not take is refused', async () => {
    const surroundings = await surroundingsIn(run.account);
    await expect(sendRequest(surroundings, '', hint)).rejects.toThrow(RequestRefused);
  });
});

it('runs as a process of its own, against an account that is served', async () => {
  const { http } = run.account.server;
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  // The account lives in July 2026, the process does not.
  const { code, stdout, stderr } = await inProcess(`http://127.0.0.1:${port}`, 'explain', 'data/postgres');
  http.close();
  http.closeAllConnections();
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/▶ policy-attached +i-\w+: /);
  expect(stdout).toMatch(/^Now: /m);
});

it('an empty AWS_REGION is an unset one, as for the AWS CLI', async () => {
  const { code, stdout, stderr } = await inProcessWith({ AWS_REGION: '' }, 'status');
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^--region: missing; name the region/);
});
