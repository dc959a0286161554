import { expect, it } from 'vitest';
import { operate } from '../../cli/operator.fixture.ts';
import { deadLetterCount, HOUR, MINUTE, start } from '../../test/harness.ts';
import { expectNoLoss, others } from '../../test/lost-records.ts';
import { privateFleet } from '../../test/quarantine.fixture.ts';
import * as reconcileRequest from './reconcile-request.ts';

const nodeGroup = { name: 'web', desiredSize: 1, releaseVersion: '1.33.13-20260714', ssm: { imdsTokens: 'optional' } };

it('loses no record, wherever it dies, when another event of the same worker comes first', () =>
  expectNoLoss(
    'require-imdsv2',
    {
      fleet: privateFleet({}, {}, { nodeGroups: [nodeGroup] }),
      policy: { imds: { mode: 'enforce' } },
      events: others(reconcileRequest.sample, MINUTE, { trigger: 'operator', clusterName: 'shop' }),
      play: '90m',
    },
    { imds: { remediation: 'require-imdsv2', about: 'instance' } },
  ));

const WHY = ['--why', 'a test asked for it'];

it('undo has a worker take version 1 of IMDS again, which was approved with all of its wave', async () => {
  const fleet = privateFleet({}, {}, { nodeGroups: [{ ...nodeGroup, desiredSize: 2 }] });
  const run = await start({ fleet, policy: { upgrades: { mode: 'off' }, ssmAgent: { mode: 'off' } }, play: '70m' });
  const proposals = run.records.filter(({ reason }) => reason === 'would-require-imdsv2');
  expect(proposals).toHaveLength(2);
  // One trigger led to both proposals.
  const [wave, ...others] = [...new Set(proposals.map(({ trigger }) => trigger.id))];
  expect(others).toEqual([]);
  const approved = await operate(run.account, 'approve', '--wave', wave ?? '', '--yes', ...WHY);
  expect(approved.stdout.match(/request-granted/g)).toHaveLength(2);
  expect(approved.code).toBe(0);
  await run.account.play(5 * MINUTE);
  const tokens = () => proposals.map(({ instance = '' }) => run.account.fleet.instances.get(instance)?.metadataTokens);
  expect(tokens()).toEqual(['required', 'required']);

  const [{ instance = '' } = {}] = proposals;
  const undone = await operate(run.account, 'undo', instance, ...WHY);
  expect(undone.code).toBe(0);
  await run.account.play(5 * MINUTE);
  expect(tokens()).toEqual(['optional', 'required']);
  const ofWorker = run.records.filter((record) => record.instance === instance);
  expect(ofWorker.map(({ reason }) => reason)).toContain('imdsv2-undone');
});

it('a node group that EKS does not describe for hours keeps no worker of another from version 2, and each of its own is told of once', async () => {
  const nodeGroups = ['dark', 'web'].map((name) => ({ ...nodeGroup, name, desiredSize: 4, maxSize: 6 }));
  const trouble = { cluster: 'shop', nodeGroup: 'dark', operations: ['DescribeNodegroup'], code: 'ServerException' };
  const run = await start({
    inProcess: true,
    fleet: privateFleet({}, { troubles: [trouble] }, { nodeGroups }),
    policy: { upgrades: { mode: 'off' }, imds: { mode: 'enforce' } },
    play: '3h',
  });
  const cured = run.records.filter(({ reason }) => reason === 'imdsv2-required');
  expect(cured.map(({ nodegroup }) => nodegroup)).toEqual(['web', 'web', 'web', 'web']);
  const acts = run.calls.filter(({ operation }) => operation === 'ModifyInstanceMetadataOptions');
  expect(acts).toHaveLength(4);
  const untold = run.records.filter(
    ({ remediation, nodegroup }) => remediation === 'require-imdsv2' && nodegroup === 'dark',
  );
  expect(untold.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual(Array(4).fill('failed unreadable'));
  expect(new Set(untold.map(({ instance }) => instance)).size).toBe(4);
});

it('changes no instance that an AWS service operates, and says so once', async () => {
  const selfManagedGroups = [
    {
      name: 'svc',
      imageId: 'ami-0123456789abcdef0',
      size: 1,
      managedBy: 'elasticbeanstalk.amazonaws.com',
      ssm: { imdsTokens: 'optional' },
    },
  ];
  const run = await start({
    inProcess: true,
    fleet: privateFleet({}, {}, { nodeGroups: [], selfManagedGroups }),
    policy: { imds: { mode: 'enforce' } },
    play: '4h',
  });
  const told = run.records.filter(({ remediation }) => remediation === 'require-imdsv2');
  expect(told.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual(['skipped imdsv2-operated']);
  expect(run.calls.filter(({ operation }) => operation === 'ModifyInstanceMetadataOptions')).toEqual([]);
});

it('tells of a change that it made before it died, and undoes it when asked', async () => {
  const fleet = privateFleet({}, {}, { nodeGroups: [nodeGroup] });
  const scenario = { fleet, policy: { imds: { mode: 'enforce' } }, inProcess: true, play: '90m' };
  const calls = (await start(scenario)).calls.filter((call) => call.function === 'require-imdsv2');
  const call = calls.findIndex(({ operation }) => operation === 'ModifyInstanceMetadataOptions') + 1;
  const run = await start({ ...scenario, faults: { crash: { function: 'require-imdsv2', call, when: 'after' } } });
  const told = run.records.filter(({ remediation }) => remediation === 'require-imdsv2');
  expect(told.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual([
    'acted imdsv2-being-required',
    'done imdsv2-required',
  ]);
  const instance = told[0]?.instance ?? '';
  expect((await operate(run.account, 'undo', instance, ...WHY)).code).toBe(0);
  await run.account.play(5 * MINUTE);
  expect(run.account.fleet.instances.get(instance)?.metadataTokens).toBe('optional');
});

it('messages do not multiply while the ledger takes nothing, and the workers are changed once it does again', async () => {
  const fails = { function: 'require-imdsv2', operation: 'PutItem', as: 'failed' as const, until: 4 * HOUR };
  const run = await start({
    fleet: privateFleet({}, {}, { nodeGroups: [{ ...nodeGroup, desiredSize: 3 }] }),
    policy: { upgrades: { mode: 'off' }, ssmAgent: { mode: 'off' }, imds: { mode: 'enforce' } },
    inProcess: true,
    play: '6h',
    faults: { refusals: [fails] },
  });
  // Those of three launches: hours are longer than the queue tries.
  expect(deadLetterCount(run)).toBeLessThanOrEqual(3);
  const changed = run.records.filter(({ reason }) => reason === 'imdsv2-required');
  expect(changed).toHaveLength(3);
});
