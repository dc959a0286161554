import { beforeAll, describe, expect, it } from 'vitest';
import { type Ended, operate } from '../cli/operator.fixture.ts';
import { exampleRecord } from '../functions/shared/records/record.fixture.ts';
import type { Run } from '../sandbox/play.ts';
import { MINUTE, start } from './harness.ts';
import { exposedWorker, ours, privateFleet, publicLaunch, scenario } from './quarantine.fixture.ts';
import { ENTRY } from './ssm-agent.fixture.ts';

const WHY = ['--why', 'a test asked for it'];

/** One worker is in quarantine. Another, whose agent lacks rights, is exposed, and nothing is done about it. */
let run: Run;
let worker: string;
const remediator = (...argv: string[]): Promise<Ended> => operate(run.account, ...argv);

describe('about a quarantine', () => {
  beforeAll(async () => {
    const fleet = privateFleet({ maxSize: 10 }, publicLaunch({ publicAddress: 'elastic' }));
    run = await start(scenario(fleet));
    await run.account.play(15 * MINUTE);
    worker = exposedWorker(run).id;
  }, 30_000);

  it('quarantines lists it: where, since when, until when, and each exposure', async () => {
    const { code, stdout } = await remediator('quarantines');
    const [heading = '', row = '', ...others] = stdout.trimEnd().split('\n');
    expect([code, others]).toEqual([0, []]);
    expect(heading.trim().split(/ {2,}/)).toEqual(['INSTANCE', 'GROUP', 'SINCE', 'EXPIRES', 'PHASE', 'EXPOSURES']);
    expect(row).toMatch(new RegExp(`^  ${worker}  shop/web  \\d+m ago  in 7d +isolated  .*[0-9.]+`));
    expect((await remediator('get', 'quarantines', 'shop/web', '-o', 'wide')).stdout).toMatch(
      /shop\/web {2}2026-07-15 00:1\d {2}2026-07-22 00:1\d {2}isolated/,
    );
    expect((await remediator('get', 'quarantines', 'other')).stdout).toBe('No worker is in quarantine.\n');
    const json = JSON.parse((await remediator('quarantines', '--json')).stdout);
    expect(json).toMatchObject({ instanceId: worker, cluster: 'shop', nodegroup: 'web', phase: 'isolated' });
  });

  it('status tells what runs, what is open, and how many are in quarantine', async () => {
    const { code, stdout } = await remediator('status');
    expect(stdout).toMatch(/^ {2}quarantine-workers {3}ran \d+[sm] ago; \d+ runs? in 24h$/m);
    expect(stdout).toMatch(
      new RegExp(`^Needs you: 1\\n {2}in quarantine {2}shop/web/${worker} {2}\\d+m ago +quarantined$`, 'm'),
    );
    expect(stdout).toMatch(/^In quarantine: 1 \(/m);
    // Before the first sweep, the status is not healthy.
    expect(stdout).toMatch(/^ {2}sweep-fleet {10}DID NOT RUN in the last 24h$/m);
    expect(code).toBe(1);
    const json = JSON.parse((await remediator('status', '--json')).stdout);
    expect(json).toMatchObject({ alive: false, quarantine: { held: 1, waiting: 0 } });
  });

  it('extend has it last longer', async () => {
    const { code, stdout } = await remediator('extend', worker, '--by', '3d', ...WHY);
    expect(stdout).toMatch(/✓ quarantine-extended +i-\w+: The quarantine lasts until 2026-07-25T/);
    expect(code).toBe(0);
    expect((await remediator('quarantines', '-o', 'wide')).stdout).toContain('2026-07-25 00:1');
  });

  it('approve is refused: it has begun already', async () => {
    const { code, stdout } = await remediator('approve', worker, ...WHY, '--remediation', 'quarantine-workers');
    expect(stdout).toMatch(/✋ request-refused .*in quarantine already/);
    expect(code).toBe(1);
  });

  it('release gives the worker back what it had, and says who asked and why', async () => {
    const { code, stdout, stderr } = await remediator('release', worker, ...WHY);
    expect(stderr).toMatch(/^Asked to release \([0-9a-f-]{36}\)/);
    expect(stdout).toMatch(/▶ release-started .*asked by arn:aws:iam::\d+:\S+: a test asked for it/);
    expect(stdout).toMatch(/✓ released /);
    expect(code).toBe(0);
    expect(ours(run).map(({ reason }) => reason)).toContain('released');
    await run.account.play(MINUTE);
    expect((await remediator('quarantines')).stdout).toBe('No worker is in quarantine.\n');
  });

  it('explain shows what somebody wrote to repaint a terminal, and the terminal obeys none of it', async () => {
    const message = `asked by me: x\u001b[2J\n\u202e✓`;
    const time = new Date(run.account.time.now).toISOString();
    const record = { ...exampleRecord, time, nodegroup: 'hostile', message };
    run.account.logs.append(String(run.account.stack.outputs.LogGroupName), 'stream', JSON.stringify(record));
    const { stdout } = await remediator('explain', 'shop/hostile');
    // The text appears in the timeline and in the last line.
    expect(stdout.split('x\\u001b[2J\\u000a\\u202e✓')).toHaveLength(3);
    const json = await remediator('explain', 'shop/hostile', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ message });
    for (const text of [stdout, json.stdout]) expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  it('terminate is for a worker in quarantine only', async () => {
    const { code, stdout } = await remediator('terminate', worker, ...WHY);
    expect(stdout).toMatch(/✋ request-refused .*is not in quarantine/);
    expect(code).toBe(1);
    expect(exposedWorker(run).state).toBe('running');
  });
});

describe('about what mode observe proposes', () => {
  beforeAll(async () => {
    const group = { ssm: { managedPolicy: false }, releaseVersion: '1.33.12-20260625' };
    const fleet = privateFleet(group, publicLaunch(), { accessEntries: [ENTRY] });
    const mode = 'observe';
    const policy = { quarantine: { mode }, ssmAgent: { mode, graceTime: '1m' }, upgrades: { mode, bakeAge: '0h' } };
    run = await start({ fleet, policy, seed: 5 });
    await run.account.play(70 * MINUTE);
    worker = run.records.find(({ reason }) => reason === 'would-quarantine')?.instance ?? '';
  }, 30_000);

  it('status names it, and ends with 0 where all is alive', async () => {
    const { code, stdout } = await remediator('status');
    expect(stdout).toMatch(/^ {2}sweep-fleet {10}ran \d+[sm] ago; 1 run in 24h$/m);
    expect(stdout).toMatch(
      /^eks-host-remediator in eu-central-1: .*observe: .*quarantine-workers.*; kill switch off; the policy is valid$/m,
    );
    expect(stdout).toMatch(/^To approve: [5-9] proposals \(/m);
    // The group is exposed, which is graver. Its proposal still appears in the plan.
    const { stdout: plan } = await remediator('plan');
    expect(plan).toMatch(/^ {2}would act {2}shop\/web +upgrade-node-groups +\d+[sm] {2}/m);
    expect(plan).toMatch(/^ {2}would act {2}shop\/web\/i-\w+ +quarantine-workers /m);
    // Nothing is done about it yet, so it is exposed, whatever is proposed.
    expect(stdout).toMatch(/^ {2}exposed {5}shop\/web\/i-\w+ +\d+[smh] ago +would-quarantine$/m);
    expect(code).toBe(0);
  });

  it('status sees a run that timed out and could say nothing itself, and ends with 1', async () => {
    const { logs, stack, time } = run.account;
    const group = String(stack.outputs.LogGroupName);
    const stream = logs.group(group).events.find(({ message }) => message.includes('"sweep-fleet"'))?.stream ?? '';
    const record = { requestId: 'a', metrics: { durationMs: 60_000 }, status: 'timeout' };
    logs.append(group, stream, JSON.stringify({ time: new Date(time.now), type: 'platform.report', record }));
    const { code, stdout } = await remediator('status');
    expect(stdout).toMatch(/^ {2}sweep-fleet {10}ran 0s ago; 2 runs in 24h, 1 FAILED$/m);
    expect(code).toBe(1);
  });

  it('approve refuses a plan that is not proposed any more, and tells which one is', async () => {
    const planned = await remediator('plan', 'shop/web', '-o', 'json');
    const lines = planned.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const { plan } = lines.find(({ subject }) => subject === 'shop/web').details;
    expect(plan).toMatch(/^[0-9a-f]{10}$/);
    const { code, stdout } = await remediator('approve', 'shop/web', '--plan', '0123456789', ...WHY);
    expect(stdout).toMatch(
      new RegExp(`request-refused .*plan 0123456789 is not what is proposed now; that is plan ${plan}: 1\\.`),
    );
    expect(code).toBe(1);
    const nothing = await remediator('approve', '--plan', '0123456789', ...WHY);
    expect(nothing.stderr).toMatch(/^There is no resource that this fits/);
    // Subjects that a scope has chosen are approved as the plans that were listed.
    const chosen = await remediator('approve', '--cluster', 'shop', '--remediation', 'upgrade-node-groups', ...WHY);
    expect(chosen.stderr).toContain(`shop/web (upgrade-node-groups, plan ${plan})`);
  });

  it('approve has an upgrade done, once, and tells what comes of it as it comes', async () => {
    const { code, stdout } = await remediator('approve', 'shop/web', ...WHY);
    expect(stdout).toMatch(/… request-granted .*Granted: approve, asked by arn:.*\(a test asked for it\)/);
    expect(stdout).toMatch(/▶ upgrade-started .* Approved by arn:/);
    expect(code).toBe(0);
  });

  it('approve wants to know what, where two things are proposed, and does just that', async () => {
    const both = await remediator('approve', worker, ...WHY);
    expect(both).toMatchObject({ code: 2, stdout: '' });
    expect(both.stderr).toContain('--remediation: more than one remediation has proposed something about i-');
    const agent = await remediator('reject', worker, ...WHY, '--remediation', 'manage-ssm-agent');
    expect(agent.stdout).toMatch(/– proposal-rejected .*was rejected by arn:.*: a test asked for it/);
    const json = await remediator('approve', worker, ...WHY, '--remediation', 'quarantine-workers', '--json');
    const reasons = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).reason);
    expect(reasons.slice(0, 2)).toEqual(['request-granted', 'quarantine-started']);
    expect([agent.code, json.code]).toEqual([0, 0]);
  });

  it('resume and retry are refused where nothing has failed, and say so', async () => {
    for (const [action, subject] of [
      ['resume', 'shop/web'],
      ['retry', worker],
    ] as const) {
      const { code, stdout } = await remediator(action, subject, ...WHY);
      expect(stdout).toMatch(/✋ request-refused .*(nothing has failed|an upgrade is under way)/);
      expect(code).toBe(1);
    }
  });

  it.each([
    [['approve', 'shop/web'], '--why: say in 3 to 500 characters why'],
    [['approve', 'shop', ...WHY], 'RESOURCE: "shop" is neither an instance id (i-0abc...) nor a node group'],
    [['resume', 'i-0123456789abcdef0', ...WHY], 'RESOURCE: only a node group (CLUSTER/NODEGROUP) can be resumed'],
    [['retry', 'shop/web', ...WHY, '--remediation', 'manage-ssm-agent'], 'is none for this; give upgrade-node-groups'],
    [['extend', 'i-0123456789abcdef0', ...WHY], '--by: missing; give a time, such as --by 3d'],
    [['extend', 'i-0123456789abcdef0', ...WHY, '--by', 'x'], '--by: "x" must be a whole number with a unit m, h or d'],
    [['extend', 'i-0123456789abcdef0', ...WHY, '--by', '0d'], '--by: "0d" is no time at all; give more, such as 3d'],
    [
      ['extend', 'i-0123456789abcdef0', ...WHY, '--by', '366d'],
      '--by: "366d": a quarantine cannot be extended by more than 365d at a time',
    ],
    [['explain', 'shop', '--since', '0h'], '--since: "0h" is no time at all; give more, such as 24h'],
    [['terminate', 'shop/web', ...WHY], 'RESOURCE: only a worker (i-0abc...) can be asked to terminate'],
    [['quarantines', 'shop'], '"shop": quarantines takes no argument'],
    [['explain', 'shop', '--since', 'now'], '--since: "now" must be'],
    [['approve', 'shop/web', '--all-in', 'shop', ...WHY], 'RESOURCE: give resources, or --all-in, --cluster or --wave'],
    [['approve', 'shop/web', '--plan', 'latest', ...WHY], '--plan: "latest" is no id of a plan'],
    [['approve', '--cluster', 'shop/web', ...WHY], '--cluster: "shop/web" is no CLUSTER'],
    [
      ['get', 'nodegruops'],
      '"nodegruops": none of nodegroups, nodes, quarantines, findings. Did you mean "nodegroups"?',
    ],
  ])('%j is refused with what would be right', async (argv, message) => {
    const { code, stdout, stderr } = await remediator(...argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});
