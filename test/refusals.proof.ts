import { describe, expect, it } from 'vitest';
import type { RemediationRecord } from '../functions/shared/records/record.ts';
import type { Run } from '../sandbox/play.ts';
import { drainFleet, drainPolicy, drainStory, terminateOne } from './drain-nodes.fixture.ts';
import { deadLetterCount, MINUTE, start } from './harness.ts';
import { cluster, group, fleet as refreshFleet, policy as refreshPolicy } from './refresh-groups.fixture.ts';

/**
 * A call that a policy of the organization may deny while all else goes on, with the fleet in which the function makes it.
 * `one`: it is denied for what the first of them names only.
 */
interface Case {
  readonly fleet: string;
  readonly of: string;
  readonly operation: string;
  readonly one?: true;
}

const DENIED: readonly Case[] = [
  { fleet: 'quarantine', of: 'quarantine-workers', operation: 'CreateSecurityGroup' },
  { fleet: 'quarantine', of: 'quarantine-workers', operation: 'AuthorizeSecurityGroupIngress', one: true },
  { fleet: 'quarantine', of: 'quarantine-workers', operation: 'RevokeSecurityGroupEgress' },
  { fleet: 'quarantine', of: 'quarantine-workers', operation: 'ModifyNetworkInterfaceAttribute', one: true },
  { fleet: 'quarantine', of: 'quarantine-workers', operation: 'DisassociateAddress' },
  { fleet: 'quarantine', of: 'quarantine-workers', operation: 'CreateTags', one: true },
  { fleet: 'quarantine', of: 'quarantine-workers', operation: 'DescribeTargetGroups' },
  { fleet: 'quarantine', of: 'quarantine-workers', operation: 'DescribeTargetHealth', one: true },
  { fleet: 'quarantine', of: 'quarantine-workers', operation: 'DescribeAutoScalingInstances', one: true },
  { fleet: 'quarantine', of: 'quarantine-workers', operation: 'EnterStandby', one: true },
  { fleet: 'ssm-agent', of: 'manage-ssm-agent', operation: 'SendCommand', one: true },
  { fleet: 'ssm-agent', of: 'manage-ssm-agent', operation: 'GetCommandInvocation' },
  { fleet: 'ssm-agent', of: 'manage-ssm-agent', operation: 'DescribeRouteTables' },
  { fleet: 'ssm-agent', of: 'manage-ssm-agent', operation: 'DescribeImages' },
  { fleet: 'ssm-agent', of: 'manage-ssm-agent', operation: 'GetServiceSetting' },
  { fleet: 'ssm-agent', of: 'manage-ssm-agent', operation: 'AttachRolePolicy', one: true },
  { fleet: 'ssm-agent', of: 'manage-ssm-agent', operation: 'GetRole', one: true },
  { fleet: 'ssm-agent', of: 'manage-ssm-agent', operation: 'PATCH daemonsets' },
  { fleet: 'ssm-agent', of: 'upgrade-node-groups', operation: 'DescribeNodegroup', one: true },
  { fleet: 'findings', of: 'triage-findings', operation: 'DescribeImages' },
  { fleet: 'quarantine', of: 'check-posture', operation: 'SendCommand', one: true },
  { fleet: 'quarantine', of: 'check-posture', operation: 'GetCommandInvocation', one: true },
];

const LENGTH = '100m';
/** What an input names that a resource of a policy may be: an instance, an interface, a group, a role and the like. */
const RESOURCE = /"((?:i|eni|sg|vpc|eipalloc)-[0-9a-f]{8,}|arn:aws:elasticloadbalancing:[^"]+)"/;

const quiet = new Map<string, Promise<Run>>();
function quietOf(fleet: string): Promise<Run> {
  const run = quiet.get(fleet) ?? start({ fleet, seed: 7, inProcess: true, play: LENGTH });
  quiet.set(fleet, run);
  return run;
}

const subjectOf = ({ cluster = '', nodegroup = '', instance = '' }: RemediationRecord) =>
  [cluster, nodegroup, instance].join(' ');

/** The last word on each subject of a function, counted by group: launches may get other ids. */
function lastWords({ records }: Run, of: string, isLeftOut: (record: RemediationRecord) => boolean): string[] {
  const last = new Map(records.filter(({ remediation }) => remediation === of).map((one) => [subjectOf(one), one]));
  return [...last.values()]
    .filter((one) => !isLeftOut(one))
    .map(({ cluster, nodegroup, decision, reason }) => `${cluster}/${nodegroup} ${decision} ${reason}`)
    .sort();
}

const groupOf = ({ cluster, nodegroup }: RemediationRecord) => `${cluster}/${nodegroup}`;
const tellsOfIt = (record: RemediationRecord) => /AccessDenied|UnauthorizedOperation/.test(JSON.stringify(record));

describe('a call that AWS refuses for good', () => {
  it.each(DENIED)(
    'keeps nobody else from anything (fleet $fleet: $of, $operation)',
    async ({ fleet, of, operation, one = false }) => {
      const before = await quietOf(fleet);
      const call = before.calls.find((each) => each.function === of && each.operation === operation);
      expect(call).toBeDefined();
      const { RoleName, AutoScalingGroupName, nodegroupName, CommandId } = call?.input ?? {};
      const named = [RoleName, AutoScalingGroupName, nodegroupName, CommandId].find((each) => typeof each === 'string');
      const naming = named ?? RESOURCE.exec(JSON.stringify(call?.input))?.[1];
      const refusals = [{ function: of, operation, as: 'denied' as const, ...(one && { naming: String(naming) }) }];
      const run = await start({ fleet, seed: 7, inProcess: true, play: LENGTH, faults: { refusals } });

      expect(run.errors).toEqual([]);
      expect(deadLetterCount(run)).toBe(0);
      // Refused steps are tried again after some minutes.
      expect(run.calls.length).toBeLessThan(before.calls.length * 4);
      if (!one) return;
      const touched = new Set(run.records.filter((each) => each.remediation === of && tellsOfIt(each)).map(groupOf));
      const isOfTouched = (each: RemediationRecord) => touched.has(groupOf(each));
      const [now, wanted] = [run, before].map((each) => lastWords(each, of, isOfTouched));
      // A group of which nothing could be gathered is told of after a day.
      if (of === 'check-posture') expect(wanted).toEqual(expect.arrayContaining(now ?? []));
      else expect(now).toEqual(wanted);
    },
  );
});

it('nodes are drained where EC2 lets nobody read scheduled events', async () => {
  const refusals = [{ function: 'drain-nodes', operation: 'DescribeInstanceStatus', as: 'denied' as const }];
  const options = { fleet: drainFleet({}), policy: drainPolicy(), inProcess: true, play: '70m', faults: { refusals } };
  const run = await start(options);
  const id = terminateOne(run);
  await run.account.play(30 * MINUTE);
  expect(drainStory(run, id)).toEqual(['waiting node-draining', 'acted node-drained', 'done node-ended']);
  const told = run.records.filter(({ reason }) => reason === 'events-unread');
  expect(told).toHaveLength(1);
  expect(told[0]?.message).toMatch(/^ec2:DescribeInstanceStatus .*UnauthorizedOperation/);
  expect(run.errors).toEqual([]);
  expect(deadLetterCount(run)).toBe(0);
});

it.each(['DescribeWarmPool', 'DescribeLifecycleHooks', 'DescribeInstanceRefreshes'])(
  'a group is told of that a denied %s keeps from its refresh',
  async (operation) => {
    const refusals = [{ function: 'refresh-groups', operation, as: 'denied' as const }];
    const fleet = refreshFleet(cluster('shop', [group('batch', { warmPool: {} })]));
    const run = await start({ fleet, policy: refreshPolicy(), inProcess: true, play: '3h', faults: { refusals } });
    const told = run.records.filter(({ remediation }) => remediation === 'refresh-groups');
    expect(told.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual(['failed unreadable']);
    expect(told[0]?.message).toContain('AccessDenied');
    expect(run.errors).toEqual([]);
  },
);
