import { expect, it } from 'vitest';
import { operate } from '../../../cli/operator.fixture.ts';
import type { Run } from '../../../sandbox/play.ts';
import { deadLetterCount, HOUR, MINUTE, start } from '../../../test/harness.ts';
import { deniedCalls } from '../../../test/iam.ts';

const told = ({ records }: Run) =>
  records
    .filter(({ remediation, reason }) => remediation === 'quarantine-workers' && reason !== 'not-exposed')
    .map(({ nodegroup, decision, reason }) => `${nodegroup} ${decision} ${reason}`);
const isOpen = ({ account: { fleet } }: Run): boolean =>
  fleet.networks.securityGroups
    .list()
    .some(({ rules }) =>
      rules.some(({ egress, fromPort, peer }) => !egress && fromPort === 22 && peer === '0.0.0.0/0'),
    );
const fleet = {
  startsAt: '2026-07-14T00:00:00Z',
  clusters: [
    {
      name: 'shop',
      version: '1.33',
      nodeGroups: [
        {
          name: 'web',
          amiType: 'AL2023_x86_64_STANDARD',
          releaseVersion: '1.33.5-20260601',
          desiredSize: 2,
          exposure: { openPorts: [22] },
        },
      ],
    },
  ],
};
const others = { upgrades: { mode: 'off' }, imds: { mode: 'off' }, ssmAgent: { mode: 'off' } };
const policy = { ...others, quarantine: { mode: 'enforce', revokeShellIngress: 'enforce' } };
const WHY = ['--why', 'a test asked for it'];

it('is revoked where a check finds it, confirmed by a fresh look, and given back by a release', async () => {
  const run = await start({ fleet, policy });
  expect(isOpen(run)).toBe(true);
  await run.account.play(2 * HOUR);
  expect(told(run)).toEqual(['web acted shell-ingress-closed', 'web done shell-ingress-ended']);
  expect(isOpen(run)).toBe(false);
  expect((await operate(run.account, 'check', 'shop', '--all')).stdout).toMatch(/shop\/web +SSH\.3 +PASS/);
  expect(await operate(run.account, 'undo', 'shop/web', ...WHY)).toMatchObject({ code: 0 });
  await run.account.play(5 * MINUTE);
  expect(told(run).slice(2)).toEqual(['web done group-restored']);
  expect(isOpen(run)).toBe(true);
  // A check finds the rule again, and what an operator had reopened stays open.
  expect(await operate(run.account, 'check', 'shop')).toMatchObject({ code: 0 });
  await run.account.play(10 * MINUTE);
  expect(told(run).slice(3)).toEqual(['web skipped shell-ingress-left-open']);
  expect(isOpen(run)).toBe(true);
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
});

it('is told of once by default, and stays', async () => {
  const byDefault = await start({ fleet, policy: { ...others, quarantine: { mode: 'enforce' } } });
  await byDefault.account.play(3 * HOUR);
  expect(told(byDefault)).toEqual(['web would-act would-close-shell-ingress']);
  expect(isOpen(byDefault)).toBe(true);
});

it('that somebody else has closed is not proposed any more, from the next check on', async () => {
  const run = await start({ fleet, policy: { ...others, quarantine: { mode: 'enforce' } } });
  await run.account.play(2 * HOUR);
  expect(told(run)).toEqual(['web would-act would-close-shell-ingress']);
  for (const group of run.account.fleet.networks.securityGroups.list())
    group.rules = group.rules.filter(({ fromPort }) => fromPort !== 22);
  expect(isOpen(run)).toBe(false);
  expect(await operate(run.account, 'check', 'shop')).toMatchObject({ code: 0 });
  await run.account.play(10 * MINUTE);
  expect(told(run).slice(1)).toEqual(['web done shell-ingress-ended']);
});

it('stays where the agents answer, and no session reaches the workers: it would be the last way in', async () => {
  const [cluster] = fleet.clusters;
  const [web] = cluster?.nodeGroups ?? [];
  const register = { Statement: { Effect: 'Allow', Action: 'ssm:UpdateInstanceInformation', Resource: '*' } };
  const ssm = { managedPolicy: false, role: { policies: { register } } };
  const run = await start({ fleet: { ...fleet, clusters: [{ ...cluster, nodeGroups: [{ ...web, ssm }] }] }, policy });
  await run.account.play(2 * HOUR);
  expect(run.account.onlineAgents()).toHaveLength(2);
  expect(told(run)).toEqual(['web refused shell-ingress-stays']);
  expect(isOpen(run)).toBe(true);
  expect(await deniedCalls(run.account, run.calls)).toEqual([]);
});

it.each(['failed', 'dropped', 'denied'] as const)(
  'is revoked in one cluster and told of in another where EKS does not describe a group (%s), and no message is lost',
  async (as) => {
    const [cluster] = fleet.clusters;
    const [web] = cluster?.nodeGroups ?? [];
    const clusters = [
      { ...cluster, nodeGroups: ['other', 'web'].map((name) => ({ ...web, name })) },
      { ...cluster, name: 'pay', nodeGroups: [{ ...web, name: 'safe' }] },
    ];
    const refusals = [{ function: 'quarantine-workers', operation: 'DescribeNodegroup', naming: 'other', as }];
    const run = await start({
      fleet: { ...fleet, clusters },
      policy,
      inProcess: true,
      play: '3h',
      faults: { refusals },
    });
    // The groups of a cluster share its security group, which stays as it is while nobody knows what one of them wants.
    expect(told(run).toSorted()).toEqual([
      'other failed unreadable',
      'safe acted shell-ingress-closed',
      'safe done shell-ingress-ended',
      'web refused shell-ingress-stays',
    ]);
    const stays = run.records.find(({ reason }) => reason === 'shell-ingress-stays');
    expect(stays?.message).toContain('shop/other (unreadable)');
    expect(deadLetterCount(run)).toBe(0);
  },
);
