import { describe, expect, it } from 'vitest';
import { egressTo, tcpIngress } from '../sandbox/account/ec2/security-groups.ts';
import type { Run } from '../sandbox/play.ts';
import { HOUR, MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import {
  ask,
  askForGroup,
  changes,
  exposedWorker,
  ours,
  outcomes,
  privateFleet,
  publicLaunch,
  scenario,
} from './quarantine.fixture.ts';

/** An error of AWS, its source, and what happens after it. */
interface Refusal {
  readonly what: string;
  readonly source: string;
  /** Runs the case and asserts the outcome. */
  readonly play: () => Promise<void>;
}

const SPOT = { terminationProtection: true, expireAfter: '1h', onExpiry: 'terminate' };

/** A worker that is isolated half an hour after the start. `meanwhile` happens before. */
async function quarantined(group: object, quarantine: object = {}, meanwhile: (run: Run) => void = () => undefined) {
  const run = await start(scenario(privateFleet(group, publicLaunch()), { quarantine }));
  await run.account.play(10 * MINUTE);
  meanwhile(run);
  await run.account.play(20 * MINUTE);
  expect(outcomes(run).at(-1)).toBe('done quarantined');
  return { run, worker: exposedWorker(run), told: ours(run).at(-1)?.message ?? '' };
}

/** Gives the worker that was launched last this many user tags. */
const withTags = (count: number) => (run: Run) => {
  const worker = run.account.fleet.instances.list().at(-1);
  for (let index = 0; index < count; index += 1) worker?.tags.set(`cost-centre-${index}`, 'shop');
};

const own = (tags: ReadonlyMap<string, string>) => [...tags.keys()].filter((key) => !key.startsWith('aws:')).length;

/**
 * Cases covered elsewhere: 201 filter values (`sandbox/account/ec2/ec2.test.ts`, `triage-findings` in
 * `findings-storm`), permissions boundaries (`agent-diagnosis.proof.ts`), access entries of CONFIG_MAP clusters
 * (`infra/deploy.test.ts`, and the cluster `config-map-only` of the fleet `ssm-agent`), launch templates without rights
 * (`launch-templates.test.ts`).
 */
const TABLE: readonly Refusal[] = [
  {
    what: 'termination protection of a Spot instance: a request to terminate works',
    source: 'EC2 user guide, "Change instance termination protection": UnsupportedOperation for Spot Instances',
    play: async () => {
      const { run, worker, told } = await quarantined({ capacityType: 'SPOT' }, { terminationProtection: true });
      expect(told).toContain('EC2 protects no Spot instance from termination');
      ask(run, 'terminate', worker.id);
      await run.account.play(30 * MINUTE);
      expect(worker.state).toBe('terminated');
      expect(run.records.filter(({ decision }) => decision === 'failed')).toEqual([]);
    },
  },
  {
    what: 'the same where the policy terminates by itself',
    source: 'the same',
    play: async () => {
      const { run, worker } = await quarantined({ capacityType: 'SPOT' }, SPOT);
      await run.account.play(3 * HOUR);
      expect(worker.state).toBe('terminated');
    },
  },
  {
    what: 'a 51st tag of a resource: the worker is isolated, and it is told that it bears no tag',
    source: 'EC2 user guide, "Tag your Amazon EC2 resources", tag restrictions: 50 tags, TagLimitExceeded',
    play: async () => {
      const { run, worker, told } = await quarantined({}, {}, withTags(50));
      expect(told).toMatch(/Not done: tags: TagLimitExceeded/);
      expect(run.account.fleet.networks.isReachable(worker.id)).toBe(false);
    },
  },
  {
    what: 'tags that leave room for one: the one that marks it is written',
    source: 'the same',
    play: async () => {
      let before = 0;
      const { worker, told } = await quarantined({}, {}, (run) => {
        const tags = run.account.fleet.instances.list().at(-1)?.tags ?? new Map<string, string>();
        withTags(49 - own(tags))(run);
        before = own(tags);
      });
      expect(before).toBe(49);
      expect(told).not.toContain('Not done');
      expect(worker.tags.has('eks-host-remediator:quarantine')).toBe(true);
    },
  },
  {
    what: 'a 61st rule of a security group: what was closed and cannot be opened again is named, the rest is given back',
    source: 'VPC user guide, "Amazon VPC quotas": 60 inbound rules a group, RulesPerSecurityGroupLimitExceeded',
    play: async () => {
      const publicByDesign = { revokeIngress: 'enforce', closeSubnets: 'enforce' };
      const group = { desiredSize: 4, exposure: { subnets: 'public', openPorts: [22] } };
      const run = await start(scenario(privateFleet(group), { quarantine: { publicByDesign } }));
      await run.account.play(2 * HOUR);
      const { securityGroups, subnets } = run.account.fleet.networks;
      const [revoked] = changes(run).filter(({ operation }) => operation === 'RevokeSecurityGroupIngress');
      const full = securityGroups.get(String(revoked?.input.GroupId));
      if (full === undefined) throw new Error('no rule was revoked');
      for (let port = 0; full.rules.filter(({ egress }) => !egress).length < 60; port += 1) {
        securityGroups.add(full, [tcpIngress(1000 + port, 1000 + port, '10.0.0.0/8')]);
      }
      askForGroup(run, 'shop', 'web');
      await run.account.play(HOUR);
      const told = ours(run)
        .filter(({ instance }) => instance === undefined)
        .map(({ decision, reason, message }) => `${decision} ${reason}: ${message}`);
      expect(told).toContainEqual(expect.stringContaining('RulesPerSecurityGroupLimitExceeded'));
      expect(subnets.list().filter(({ mapPublicIpOnLaunch }) => mapPublicIpOnLaunch).length).toBeGreaterThan(0);
    },
  },
  {
    what: 'default egress over IPv6 of a new group: the closed group lets nothing out, and is judged by its rules later, too',
    source: 'EC2 API reference, CreateSecurityGroup: a VPC with IPv6 gives new groups ::/0 egress',
    play: async () => {
      const run = await start(scenario(privateFleet({}, publicLaunch(), { vpc: { ipv6Egress: true } })));
      await run.account.play(20 * MINUTE);
      expect(outcomes(run).at(-1)).toBe('done quarantined');
      const { securityGroups } = run.account.fleet.networks;
      const closed = securityGroups.list().find(({ name }) => name.endsWith('-quarantine'));
      if (closed === undefined) throw new Error('there is no closed group');
      expect(closed.rules).toEqual([]);
      securityGroups.add(closed, [egressTo(undefined, '::/0')]);
      await run.account.play(2 * HOUR);
      expect(outcomes(run)).toContain('acted quarantine-reinforced');
      expect(closed.rules).toEqual([]);
      expect(outcomes(run).at(-1)).toBe('done quarantined');
    },
  },
  {
    what: 'an Auto Scaling group that launches nothing: the worker is isolated, and it is told that nothing replaces it',
    source: 'EC2 Auto Scaling user guide, "Suspend-resume processes"',
    play: async () => {
      const { run, told } = await quarantined({ suspendedProcesses: ['Launch'] });
      expect(told).toMatch(/Nothing replaces it: the process Launch of eks-web-\S+ is suspended/);
      const [group] = run.account.fleet.autoScalingGroups.list();
      expect(
        [...(group?.members.values() ?? [])].filter(({ lifecycleState }) => lifecycleState === 'InService'),
      ).toHaveLength(3);
    },
  },
  {
    what: 'rights on the subnet of an interface: the role has them',
    source: 'service authorization reference of EC2, ModifyNetworkInterfaceAttribute: subnet*, where it is asked for',
    play: async () => {
      const { run } = await quarantined({});
      const asked = run.calls.filter(({ operation }) => operation === 'ModifyNetworkInterfaceAttribute');
      expect(
        asked.flatMap(({ permissions }) => permissions).some(({ resource }) => resource.includes(':subnet/')),
      ).toBe(true);
      expect(await deniedCalls(run.account, run.calls)).toEqual([]);
    },
  },
  {
    what: 'a policy document of more than 4,096 bytes: with the documented command it works',
    source: 'Systems Manager user guide, "Managing parameter tiers"',
    play: async () => {
      const run = await start(scenario(privateFleet({}, publicLaunch())));
      const Name = run.account.stack.ref('AWS::SSM::Parameter');
      const clusters = Array.from({ length: 200 }, (_, index) => `elsewhere-with-a-long-name-${index}`);
      const scope = { clusters: [...clusters, 'shop'] };
      const Value = JSON.stringify({ killSwitch: true, scope });
      expect(Value.length).toBeGreaterThan(4096);
      const { parameters } = run.account.fleet;
      expect(() => parameters.put({ Name, Value, Overwrite: true })).toThrow(/4096/);
      expect(parameters.put({ Name, Value, Overwrite: true, Tier: 'Intelligent-Tiering' })).toMatchObject({
        Tier: 'Advanced',
      });
      await run.account.play(HOUR);
      expect(outcomes(run)).toContain('skipped kill-switch');
      // A small value again, written by somebody who does not know about tiers.
      parameters.put({ Name, Value: '{}', Overwrite: true });
      await run.account.play(2 * HOUR);
      expect(outcomes(run)).toContain('done quarantined');
    },
  },
];

describe('what AWS refuses has the right outcome', () => {
  it.each(TABLE.map((row) => [row.what, row] as const))('%s', async (_what, { play }) => play());
});
