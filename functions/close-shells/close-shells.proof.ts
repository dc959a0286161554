import { describe, expect, it } from 'vitest';
import { operate } from '../../cli/operator.fixture.ts';
import { sample } from '../../events/shells-reconcile-request.ts';
import type { Refusal } from '../../sandbox/account/refusals.ts';
import type { Run } from '../../sandbox/play.ts';
import { deadLetterCount, HOUR, MINUTE, start } from '../../test/harness.ts';
import { deniedCalls } from '../../test/iam.ts';
import { expectNoLoss, others } from '../../test/lost-records.ts';
import { fleet, KEYS, QUIET } from './close-shells.fixture.ts';

const ours = ({ records }: Run) => records.filter(({ remediation }) => remediation === 'close-shells');
const told = (run: Run) =>
  ours(run)
    .map(({ nodegroup, decision, reason }) => `${nodegroup} ${decision} ${reason}`)
    .sort();
const WHY = ['--why', 'a test asked for it'];

it('is proposed where a check finds keys or the admin container, approved, confirmed by a fresh look, and undone', async () => {
  const run = await start({ fleet, policy: QUIET, play: '3h' });
  const { account } = run;
  expect(told(run)).toEqual(['batch would-act would-close-shells', 'web would-act would-close-shells']);
  expect(
    ours(run)
      .map(({ message }) => message)
      .join(),
  ).toContain(KEYS);
  const sent = () =>
    run.calls.filter(({ operation, function: by }) => operation === 'SendCommand' && by === 'close-shells');
  // Mode observe sends nothing that changes a host.
  expect(new Set(sent().map(({ input }) => Object(input).Comment))).toEqual(
    new Set(['EKS Host Remediator: ways in by SSH, read-only']),
  );
  const workers = ours(run).map(({ instance = '' }) => instance);
  for (const worker of workers) expect(await operate(account, 'approve', worker, ...WHY)).toMatchObject({ code: 0 });
  await account.play(20 * MINUTE);
  const closed = ['acted shells-being-closed', 'done shells-closed', 'waiting request-granted'];
  expect(told(run)).toEqual(
    ['batch', 'web'].flatMap((group) => [...closed, 'would-act would-close-shells'].map((each) => `${group} ${each}`)),
  );
  // The check of posture finds it, too.
  const checked = await operate(account, 'check', 'shop', '--all');
  expect(checked.stdout).toMatch(/shop\/web +SSH\.1 +PASS/);
  expect(checked.stdout).toMatch(/shop\/batch +SSH\.4 +PASS/);
  for (const worker of workers) expect(await operate(account, 'undo', worker, ...WHY)).toMatchObject({ code: 0 });
  await account.play(20 * MINUTE);
  const undone = told(run).filter((each) => /restored|rejected/.test(each));
  expect(undone).toEqual(
    ['batch', 'web'].flatMap((group) => [`${group} acted shells-being-restored`, `${group} skipped proposal-rejected`]),
  );
  const again = await operate(account, 'check', 'shop', '--all');
  expect(again.stdout).toMatch(/shop\/web +SSH\.1 +FAIL/);
  expect(again.stdout).toMatch(/shop\/batch +SSH\.4 +FAIL/);
  expect(await deniedCalls(account, run.calls)).toEqual([]);
});

it('runs what was deployed, though somebody has given each document of the stack another version', async () => {
  const run = await start({ fleet, policy: { ...QUIET, shells: { hosts: 'enforce' } } });
  const { documents } = run.account.fleet.commands;
  for (const id of ['CloseShellsLook', 'CloseShellsClose', 'CloseShellsRestore']) {
    const deployed = documents.find(run.account.stack.ref('AWS::SSM::Document', id), '$DEFAULT');
    documents.add({ ...deployed, script: 'echo taken over; exit 7' });
  }
  await run.account.play(3 * HOUR);
  expect(told(run)).toEqual(
    ['batch', 'web'].flatMap((group) => [`${group} acted shells-being-closed`, `${group} done shells-closed`]),
  );
});

it('is done in mode enforce, and left alone where a waiver stands', async () => {
  const waivers = [
    { id: 'W-1', check: 'SSH.4', nodegroup: 'batch', reason: 'debugging', who: 'platform', until: '2027-01-01' },
  ];
  const policy = { ...QUIET, shells: { hosts: 'enforce' }, posture: { waivers } };
  const run = await start({ fleet, policy, play: '3h' });
  expect(told(run)).toEqual(['batch skipped shells-waived', 'web acted shells-being-closed', 'web done shells-closed']);
  await run.account.play(6 * HOUR);
  expect(told(run)).toHaveLength(3);
});

it('closes nothing where agents take commands and no session reaches the hosts: the way in is the last one', async () => {
  const statement = { Effect: 'Allow', Action: ['ssm:UpdateInstanceInformation', 'ec2messages:*'], Resource: '*' };
  const role = { managedPolicy: false, role: { policies: { agent: { Statement: statement } } } };
  const [shop = { nodeGroups: [] }] = fleet.clusters;
  const nodeGroups = shop.nodeGroups.map(({ ssm, ...group }) => ({ ...group, ssm: { ...ssm, ...role } }));
  const without = { ...fleet, clusters: [{ ...shop, nodeGroups }] };
  const run = await start({ fleet: without, policy: { ...QUIET, shells: { hosts: 'enforce' } }, play: '6h' });
  expect(told(run)).toEqual(['batch refused shells-last-way-in', 'web refused shells-last-way-in']);
  expect(ours(run)[0]?.message).toContain('No session reaches the host');
  const changes = run.calls.filter(
    ({ operation, function: by, input }) =>
      operation === 'SendCommand' && by === 'close-shells' && !/read-only/.test(String(Object(input).Comment)),
  );
  expect(changes).toEqual([]);
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
});

it('closes nothing where the policy has sessions encrypted by a key that the role of the host may not use', async () => {
  const key = 'arn:aws:kms:eu-central-1:111122223333:key/0d5ec2a1-7f3b-4c6d-9e8f-a1b2c3d4e5f6';
  const policy = { ...QUIET, shells: { hosts: 'enforce', sessions: { mode: 'enforce', kmsKey: key } } };
  const [shop = { nodeGroups: [] }] = fleet.clusters;
  const role = { policies: { sessions: { Statement: { Effect: 'Allow', Action: 'kms:Decrypt', Resource: key } } } };
  const nodeGroups = shop.nodeGroups.map((group) =>
    group.name === 'batch' ? { ...group, ssm: { ...group.ssm, role } } : group,
  );
  const run = await start({ fleet: { ...fleet, clusters: [{ ...shop, nodeGroups }] }, policy, play: '6h' });
  expect(told(run).filter((line) => !line.startsWith('undefined'))).toEqual([
    'batch acted shells-being-closed',
    'batch done shells-closed',
    'web refused shells-last-way-in',
  ]);
  expect(ours(run).find(({ nodegroup }) => nodegroup === 'web')?.message).toMatch(
    /encrypted by the key arn:\S+, and role shop-web-node does not allow kms:Decrypt with it\.$/,
  );
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
});

it('loses no record, wherever it dies, when another event of the same worker comes first', () =>
  expectNoLoss(
    'close-shells',
    {
      fleet: {
        ...fleet,
        clusters: fleet.clusters.map((each) => ({ ...each, nodeGroups: each.nodeGroups.slice(0, 1) })),
      },
      policy: { ...QUIET, posture: { mode: 'off' }, ssmAgent: { mode: 'off' }, shells: { hosts: 'enforce' } },
      events: others(sample, 5 * MINUTE, { trigger: 'operator', clusterName: 'shop' }),
      play: '15m',
    },
    { shells: { remediation: 'close-shells', about: 'instance' } },
  ));

it.each([
  ['after the command was sent', 'after'],
  ['once it was about to be sent', 'before'],
] as const)('is told of and can be undone where it crashes %s', async (_what, when) => {
  const scenario = { fleet, policy: { ...QUIET, shells: { hosts: 'enforce' } }, inProcess: true, play: '3h' };
  const calls = (await start(scenario)).calls.filter((call) => call.function === 'close-shells');
  const isClose = ({ operation, input }: Run['calls'][number]) =>
    operation === 'SendCommand' && String(Object(input).Comment).includes('puts authorized_keys aside');
  const call = calls.findIndex(isClose) + 1;
  const run = await start({ ...scenario, faults: { crash: { function: 'close-shells', call, when } } });
  expect(told(run)).toEqual(
    ['batch', 'web'].flatMap((group) => [`${group} acted shells-being-closed`, `${group} done shells-closed`]),
  );
  for (const worker of new Set(ours(run).map(({ instance = '' }) => instance)))
    expect(await operate(run.account, 'undo', worker, ...WHY)).toMatchObject({ code: 0 });
  await run.account.play(20 * MINUTE);
  const undone = told(run).filter((each) => /restored|rejected/.test(each));
  expect(undone).toEqual(
    ['batch', 'web'].flatMap((group) => [`${group} acted shells-being-restored`, `${group} skipped proposal-rejected`]),
  );
});

describe('while AWS does not do a kind of call', () => {
  const policy = { ...QUIET, shells: { hosts: 'enforce', sessions: { mode: 'enforce', idleMinutes: 15 } } };
  const CLOSED = ['batch', 'web'].flatMap((group) => [
    `${group} acted shells-being-closed`,
    `${group} done shells-closed`,
  ]);
  const play = (operation: string, as: Refusal['as'], until?: number) => {
    const refusal = { function: 'close-shells', operation, as, ...(until !== undefined && { until }) };
    return start({ fleet, policy, inProcess: true, play: '8h', faults: { refusals: [refusal] } });
  };
  const callsOf = ({ calls }: Run) => calls.filter((call) => call.function === 'close-shells').length;

  it.each([
    ['DescribeCluster', 'failed'],
    ['DescribeNodegroup', 'dropped'],
    ['DescribeCluster', 'throttled'],
  ] as const)(
    'shells are closed once %s works again (%s), though no check of posture comes for days',
    async (operation, as) => {
      const run = await play(operation, as, 4 * HOUR);
      const unread = as === 'throttled' ? [] : ['batch failed unreadable', 'web failed unreadable'];
      expect(told(run).filter((each) => !each.includes('sessions'))).toEqual([...CLOSED, ...unread].sort());
      expect(deadLetterCount(run)).toBe(0);
      expect(callsOf(run)).toBeLessThan(250);
    },
  );

  it('shells are closed once it can be told that sessions reach the hosts', async () => {
    const run = await play('GetConnectionStatus', 'failed', 4 * HOUR);
    await run.account.play(8 * HOUR);
    const lastWayIn = ['batch refused shells-last-way-in', 'web refused shells-last-way-in'];
    expect(told(run).filter((each) => !each.includes('sessions'))).toEqual([...CLOSED, ...lastWayIn].sort());
    expect(deadLetterCount(run)).toBe(0);
  });

  it('preferences of sessions that nobody lets it read are told once, and no message is lost', async () => {
    const run = await play('GetDocument', 'denied');
    expect(told(run).filter((each) => each.includes('sessions'))).toEqual(['undefined failed sessions-refused']);
    const [{ message } = { message: '' }] = ours(run).filter(({ reason }) => reason === 'sessions-refused');
    expect(message).toMatch(/^The preferences cannot be read: AccessDeniedException: /);
    expect([deadLetterCount(run), run.errors]).toEqual([0, []]);
  });

  it('messages do not multiply where the ledger takes nothing', async () => {
    const run = await play('PutItem', 'failed', 6 * HOUR);
    // Those of the check of posture: hours are longer than the queue tries.
    expect(deadLetterCount(run)).toBeLessThanOrEqual(2);
    expect(callsOf(run)).toBeLessThan(500);
  });
});
