import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sample as agentReconcileRequest } from '../events/agent-reconcile-request.ts';
import { sample as drainReconcileRequest } from '../events/drain-reconcile-request.ts';
import { sample as amiRelease } from '../events/eks-ami-release.ts';
import { sample as findingsReconcileRequest } from '../events/findings-reconcile-request.ts';
import { sample as healthPlanned } from '../events/health-planned-lifecycle.ts';
import { sample as nodeClassReconcileRequest } from '../events/node-class-reconcile-request.ts';
import { sample as quarantineReconcileRequest } from '../events/quarantine-reconcile-request.ts';
import { sample as refreshReconcileRequest } from '../events/refresh-reconcile-request.ts';
import { sample as shellsReconcileRequest } from '../events/shells-reconcile-request.ts';
import { sample as terminationRequest } from '../events/termination-request.ts';
import { sample as upgradeReconcileRequest } from '../events/upgrade-reconcile-request.ts';
import { QUIET, fleet as withShells } from '../functions/close-shells/close-shells.fixture.ts';
import { REMEDIATIONS } from '../functions/remediations.ts';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import type { Run } from '../sandbox/play.ts';
import { drainsOfEveryKind } from './drain-nodes.fixture.ts';
import { deadLetterCount, incidentOf, isAboutGroup, playThrough, type Scenario, start } from './harness.ts';
import { grantedActions } from './iam.ts';
import { karpenterFleet, nodeClassPolicy, pinsOfEveryKind } from './node-classes.fixture.ts';
import {
  privateFleet,
  publicLaunch,
  quarantineOfEveryKind,
  scenario,
  terminatedSelfManaged,
  workersOutsideGroups,
} from './quarantine.fixture.ts';
import { approvedRefreshes, cluster, fleet, group, policy } from './refresh-groups.fixture.ts';
import { launch } from './ssm-agent.fixture.ts';
import { changingHosts } from './watch-hosts.fixture.ts';
import { retryOf } from './widget.fixture.ts';

const FLEETS = globSync('*.json', { cwd: join(import.meta.dirname, '..', 'sandbox', 'fleets') })
  .map((file) => file.replace('.json', ''))
  // scale.proof.ts and findings.proof.ts run these, which cost thousands of calls and events.
  .filter((fleet) => fleet !== 'thousand-groups' && fleet !== 'findings-storm')
  .sort();

/** Duration of each fleet's run here; one day for fleets that are not listed. */
const LENGTHS: Readonly<Record<string, string>> = {
  demo: '28h',
  findings: '7h',
  mixed: '30h',
  quarantine: '3h',
  'ssm-agent': '3h',
  year: '6h',
};

const runs = new Map<string, Promise<Run>>();
/** In process: conformance/calls.conformance.ts plays the same fleets over the wire. */
const runOf = (fleet: string): Promise<Run> => {
  const run = runs.get(fleet) ?? playThrough({ inProcess: true, fleet, play: LENGTHS[fleet] ?? '1d', seed: 7 });
  runs.set(fleet, run);
  return run;
};

describe.each(FLEETS)('the fleet %s', (fleet) => {
  it('plays without a denied call, a dead letter or a failed invocation', async () => {
    const run = await runOf(fleet);
    expect(run.records.length).toBeGreaterThan(0);
    expect(deadLetterCount(run)).toBe(0);
    expect(run.errors).toEqual([]);
  });

  it('has each record once: an outcome of a subject is not told again', async () => {
    const ids = (await runOf(fleet)).records.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has a record for each of its node groups', async () => {
    const run = await runOf(fleet);
    for (const cluster of run.account.snapshot().clusters) {
      for (const { name } of cluster.nodeGroups) {
        expect(incidentOf(run, cluster.name, name).length, `${cluster.name}/${name}`).toBeGreaterThan(0);
      }
    }
  });
});

it('the mixed fleet ends where its policy and states say', async () => {
  const run = await runOf('mixed');
  const last = Object.fromEntries(
    run.records
      .filter(isAboutGroup)
      .map(({ cluster, nodegroup, decision, reason }) => [`${cluster}/${nodegroup}`, `${decision} ${reason}`]),
  );
  expect(last).toEqual({
    'main/arm': 'done upgraded',
    'main/bottlerocket': 'done upgraded',
    'main/gpu': 'done upgraded',
    'main/standard': 'done upgraded',
    'main/windows': 'done upgraded',
    'old/al2': 'done upgraded',
    'old/auto-mode:*': 'skipped auto-mode',
    'old/creating': 'done upgraded',
    'old/custom': 'skipped custom-ami',
    // An upgrade may cure its health issue.
    'old/degraded': 'done upgraded',
    'old/ec2nodeclass:*': 'skipped node-classes-unread',
    'old/karpenter:general': 'skipped karpenter',
    'old/self-managed:old-legacy': 'skipped cannot-drain',
    'upgrading/behind': 'done upgraded',
    'upgrading/bottlerocket-arm': 'done up-to-date',
    'upgrading/standard': 'done upgraded',
  });
});

it('the fleet of agents ends with an answer or the cause, for every cause and kind of node', async () => {
  const run = await runOf('ssm-agent');
  const ends = new Map<string, Set<string>>();
  const last = new Map(
    run.records.filter(({ instance }) => instance !== undefined).map((record) => [record.instance, record]),
  );
  for (const { cluster, nodegroup = 'auto-mode', decision, reason } of last.values()) {
    const group = `${cluster}/${nodegroup}`;
    ends.set(group, (ends.get(group) ?? new Set()).add(decision === 'done' ? 'done' : `${decision} ${reason}`));
  }
  // The installer keeps trying there, in vain.
  const kept = 'agent-kept-from-running/workers';
  const inVain = run.records.filter(
    ({ cluster, reason }) => `${cluster}/workers` === kept && reason === 'agent-missing',
  );
  expect(new Set(inVain.map(({ instance }) => instance)).size).toBe(2);
  expect(run.account.kubernetes.daemonSets().map(({ cluster }) => cluster)).toEqual(['agent-kept-from-running']);
  ends.delete(kept);
  const done = ['done'];
  const told = (reason: string) => [`failed ${reason}`];
  expect(Object.fromEntries([...ends].map(([group, outcomes]) => [group, [...outcomes]]))).toEqual({
    'agent-missing/amazon-linux': done,
    'agent-missing/bottlerocket': told('agent-not-installable'),
    'agent-missing/karpenter:general': done,
    'agent-missing/self-managed:agent-missing-debian': done,
    'agent-missing/self-managed:agent-missing-flatcar': done,
    'agent-missing/self-managed:agent-missing-nixos': told('agent-not-installable'),
    'agent-missing/self-managed:agent-missing-rhel': done,
    'agent-missing/ubuntu': done,
    'agent-missing/ubuntu-arm': done,
    'behind-endpoints/workers': done,
    'config-map-only/workers': told('kubernetes-access-missing'),
    'connection-lost/self-managed:connection-lost-legacy': told('connection-lost'),
    'connection-lost/workers': told('connection-lost'),
    'endpoint-closed/workers': told('no-network-path'),
    'endpoint-missing/workers': told('no-network-path'),
    'endpoint-without-dns/workers': told('no-network-path'),
    'healthy/auto-mode': ['skipped auto-mode'],
    'healthy/bottlerocket': done,
    'healthy/inline-policy': done,
    'healthy/karpenter:general': done,
    'healthy/own-policy': done,
    'healthy/self-managed:healthy-legacy': done,
    'healthy/slow': done,
    'healthy/workers': done,
    'imds-unreachable/workers': told('imds-unreachable'),
    'no-access-entry/workers': told('kubernetes-access-missing'),
    'no-instance-profile/self-managed:no-instance-profile-legacy': told('no-instance-profile'),
    'no-instance-profile/workers': told('no-instance-profile'),
    'no-public-address/workers': told('no-network-path'),
    'no-rbac/workers': told('kubernetes-forbidden'),
    'no-route/karpenter:general': told('no-network-path'),
    'no-route/workers': told('no-network-path'),
    'old-agent/bottlerocket': done,
    'old-agent/fails-once': done,
    'old-agent/karpenter:general': done,
    'old-agent/times-out-once': done,
    'old-agent/workers': done,
    'opted-out/workers': ['skipped opted-out'],
    'private-endpoint/workers': told('kubernetes-unreachable'),
    'role-lacks-ssm/bottlerocket': done,
    'role-lacks-ssm/karpenter:general': done,
    'role-lacks-ssm/self-managed:role-lacks-ssm-legacy': done,
    'role-lacks-ssm/workers': done,
    'route-gone/workers': told('no-network-path'),
  });
});

it('the fleet of findings ends with the remedy or the reason, for every kind of group', async () => {
  const run = await runOf('findings');
  const told = run.records.filter(({ remediation, nodegroup }) => remediation === 'triage-findings' && nodegroup);
  const last = new Map(told.map(({ nodegroup, decision, reason }) => [nodegroup, `${decision} ${reason}`]));
  expect(Object.fromEntries(last)).toEqual({
    batch: 'failed not-fixed-by-release',
    frozen: 'skipped opted-out',
    'karpenter:general': 'refused ami-stays-vulnerable',
    own: 'refused custom-ami-vulnerable',
    rocket: 'refused urgent-without-ami',
    'self-managed:shop-legacy': 'refused ami-stays-vulnerable',
    silent: 'skipped workers-not-scanned',
    web: 'failed not-fixed-by-release',
  });
});

describe('the same seed', () => {
  const told = async (scenario: Scenario) => {
    const { records, calls, account } = await start(scenario);
    return JSON.stringify([records, calls, account.snapshot()]);
  };

  it('gives the same run, byte for byte, and another seed another one', async () => {
    const policy = { upgrades: { bakeAge: '1h' } };
    const scenario = {
      fleet: 'demo',
      policy,
      play: '5h',
      seed: 11,
      faults: { throttleRate: 0.02, deliveryDelayMs: 5000 },
    };
    const first = await told(scenario);
    expect(await told(scenario)).toBe(first);
    expect(await told({ ...scenario, seed: 12 })).not.toBe(first);
  });
});

describe('rights', () => {
  const HOST_MANAGEMENT = { attachPolicy: 'off', defaultHostManagement: 'enforce' };

  it('are all used by some run, so that none is granted in vain', { timeout: 600_000 }, async () => {
    const bad = { ...amiRelease, id: 'bad', detail: {} };
    const badForAgents = { ...agentReconcileRequest, id: 'bad-for-agents', detail: {} };
    const badForRefreshes = { ...refreshReconcileRequest, id: 'bad-for-refreshes', detail: {} };
    const badForDrains = { ...drainReconcileRequest, id: 'bad-for-drains', detail: {} };
    const badForNodeClasses = { ...nodeClassReconcileRequest, id: 'bad-for-node-classes', detail: {} };
    const badForTerminations = { ...terminationRequest, id: 'bad-for-terminations', detail: {} };
    const hint = {
      ...upgradeReconcileRequest,
      detail: { trigger: 'operator' as const, clusterName: 'shop', nodegroupName: 'web' },
    };
    const ofSweeps = REMEDIATIONS.flatMap(({ sweep }: Remediation) =>
      sweep?.of === 'clusters'
        ? [
            {
              ...hint,
              id: sweep.detailType,
              'detail-type': sweep.detailType,
              detail: { trigger: 'sweep', clusterName: 'shop' },
            },
          ]
        : [],
    );
    const asked = [
      agentReconcileRequest,
      findingsReconcileRequest,
      quarantineReconcileRequest,
      terminationRequest,
      shellsReconcileRequest,
      refreshReconcileRequest,
      drainReconcileRequest,
      nodeClassReconcileRequest,
      hint,
      ...ofSweeps,
    ];
    const requests = asked.map((event) => ({
      after: 0,
      event,
    }));
    const crash = { function: 'upgrade-node-groups', call: await startCallNumber(), when: 'after' as const };
    const others = [
      playThrough({
        inProcess: true,
        fleet: 'demo',
        // Gates are read where an upgrade is due.
        policy: { upgrades: { bakeAge: '1m', gates: { alarms: ['checkout-errors'], calendars: ['release-freeze'] } } },
        play: '3h',
        events: [
          bad,
          badForAgents,
          badForRefreshes,
          badForDrains,
          badForNodeClasses,
          badForTerminations,
          hint,
          healthPlanned,
        ].map((event) => ({
          after: 0,
          event,
        })),
      }),
      // A plan of AWS Health that cannot be recorded goes to a dead-letter queue.
      start({ inProcess: true, fleet: 'demo', policy: '{', play: '15m', events: [{ after: 0, event: healthPlanned }] }),
      playThrough({
        inProcess: true,
        fleet: 'demo',
        policy: { upgrades: { bakeAge: '1m' } },
        play: '3h',
        seed: 3,
        faults: { crash },
      }),
      playThrough({
        inProcess: true,
        fleet: 'ssm-agent',
        policy: {
          ssmAgent: { remedies: HOST_MANAGEMENT },
          findings: { enableInspector: 'enforce' },
          notifications: { securityHub: 'enforce' },
        },
        play: '2h',
      }),
      playThrough(withoutSecurityHub()),
      // Messages of failing reconciles return sooner.
      start({ inProcess: true, fleet: 'demo', play: '10m', events: requests, faults: { serverErrorRate: 1 } }),
      quarantineOfEveryKind(),
      workersOutsideGroups(),
      terminatedSelfManaged(),
      closeShellsOfEveryWorker(),
      keyOfSessions(),
      approvedRefreshes(),
      drainsOfEveryKind(),
      pinsOfEveryKind(),
      changingHosts(),
      // Gates are read where a refresh is due.
      start({
        inProcess: true,
        fleet: fleet(cluster('shop', [group('web')])),
        policy: { ...policy(), upgrades: { gates: { alarms: ['checkout-errors'], calendars: ['release-freeze'] } } },
        play: '2h',
      }),
      // And where a pin is due.
      start({
        inProcess: true,
        fleet: karpenterFleet(),
        policy: {
          ...nodeClassPolicy({ bakeAge: '1m' }),
          upgrades: { gates: { alarms: ['checkout-errors'], calendars: ['release-freeze'] } },
        },
        play: '6h',
      }),
      // A node runs an AMI that its class does not name any more.
      start({
        inProcess: true,
        fleet: karpenterFleet({ amiSelectorTerms: [{ alias: 'al2023@v20260710' }] }, { budgets: [{ nodes: '0' }] }),
        policy: nodeClassPolicy(),
        play: '2h',
      }),
      start({
        ...scenario(privateFleet({}, publicLaunch()), { quarantine: { outOfService: 'detach' } }),
        play: '15m',
      }),
      // Nodes from before a successor of the certificate authority are counted, and what their groups launch from is read.
      start({
        inProcess: true,
        fleet: privateFleet(
          { launchTemplate: {} },
          {},
          {
            certificateAuthority: { successorAt: '+1m' },
            selfManagedGroups: [
              { name: 'batch', size: 1, imageId: 'ami-0123456789abcdef0', launchesFrom: 'launch-configuration' },
            ],
          },
        ),
        play: '15m',
        events: [{ after: 300_000, event: healthPlanned }],
      }),
      // Nodes that are due are ordered to be replaced, and the states of their groups are read.
      start({
        inProcess: true,
        fleet: fleet(
          cluster('shop', [group('web')], { certificateAuthority: { endsAt: '+190d', successorAt: '+1m' } }),
        ),
        policy: { ...policy(), authorities: { mode: 'enforce' } },
        play: '15m',
        events: [{ after: 300_000, event: healthPlanned }],
      }),
      // A prefix list decides whether agents reach an endpoint.
      start({
        inProcess: true,
        fleet: privateFleet({ ssm: { agent: 'missing' } }, {}, { network: { endpoints: { admits: 'prefix-list' } } }),
        play: '90m',
      }),
    ];
    const all = await Promise.all([...FLEETS.map(runOf), ...others]);
    // Somebody uses the dashboard, and makes a request.
    const [{ account }] = all as [Run, ...Run[]];
    const answers = [
      await account.invoke('review-actions', {}),
      await account.invoke('review-actions', { page: 'posture' }),
      await account.invoke('request-actions', retryOf('web')),
    ];
    expect(answers.filter(({ ok }) => !ok)).toEqual([]);
    const roles = new Set(all.flatMap(({ calls }) => calls.map(({ roleLogicalId }) => roleLogicalId ?? '')));
    const serviceRoles = all.flatMap(({ account }) => account.stack.serviceCalls.map((call) => call.roleLogicalId));
    const used = new Set([
      ...all.flatMap(({ calls }) =>
        calls.flatMap(({ permissions, roleLogicalId }) =>
          permissions.map(({ action }) => `${roleLogicalId}: ${action}`),
        ),
      ),
      ...all.flatMap(({ account }) =>
        account.stack.serviceCalls.map(({ roleLogicalId, action }) => `${roleLogicalId}: ${action}`),
      ),
    ]);
    const [first] = all;
    const granted =
      first === undefined
        ? new Set<string>()
        : grantedActions(first.account, [...new Set([...roles, ...serviceRoles])]);
    expect(granted.size).toBeGreaterThan(20);
    expect([...granted].filter((action) => !used.has(action))).toEqual([]);
  });

  /** A key encrypts sessions, and the policies of node roles tell who may use it: of each kind. */
  function keyOfSessions() {
    const [shop = { nodeGroups: [] }] = withShells.clusters;
    const role = { policies: { key: { Statement: { Effect: 'Allow', Action: 'kms:*', Resource: '*' } } } };
    const nodeGroups = shop.nodeGroups.map(({ ssm, ...rest }) => ({
      ...rest,
      ssm: { ...ssm, managedPolicy: false, otherPolicy: 'customer-managed', role },
    }));
    const sessions = { mode: 'enforce', kmsKey: 'alias/sessions' };
    return start({
      inProcess: true,
      fleet: { ...withShells, clusters: [{ ...shop, nodeGroups }] },
      policy: { ...QUIET, shells: { hosts: 'enforce', sessions } },
      play: '3h',
    });
  }

  /** Findings that cannot be delivered, and end as dead letters. */
  function withoutSecurityHub() {
    const scenario = launch('nodeGroup', { instanceProfile: false });
    const fleet = Object.assign({ securityHub: false }, scenario.fleet);
    return { ...scenario, inProcess: true, fleet, policy: { notifications: { securityHub: 'enforce' } } };
  }

  /**
   * A worker that only its role proves is reconciled, too, and all workers are reconciled again while a command still
   * runs.
   */
  async function closeShellsOfEveryWorker() {
    const own = { name: 'own', size: 1, imageId: 'ami-0badcafe0badcafe0', clusterTag: false };
    const clusters = withShells.clusters.map((cluster) => ({ ...cluster, selfManagedGroups: [own] }));
    const detail = { trigger: 'operator' as const, clusterName: 'shop' };
    const events = [0, 1, 2, 4, 8, 12].map((seconds) => ({
      after: 300_000 + 1_000 * seconds,
      event: { ...shellsReconcileRequest, id: `look-${seconds}`, detail },
    }));
    const sessions = { mode: 'enforce', cloudWatchLogGroup: '/ssm/sessions' };
    const policy = { ...QUIET, shells: { hosts: 'enforce', sessions } };
    const run = await start({ inProcess: true, fleet: { ...withShells, clusters }, policy, events, play: '3h' });
    // Session Manager's preferences are made first, and changed when the policy asks for more.
    const more = { ...policy, shells: { ...policy.shells, sessions: { ...sessions, idleMinutes: 15 } } };
    const { account } = run;
    account.fleet.parameters.put({ Name: '/eks-host-remediator/policy', Value: JSON.stringify(more), Overwrite: true });
    await account.play(10 * 60_000);
    await account.putEvent({
      ...shellsReconcileRequest,
      id: 'sessions',
      detail: { trigger: 'operator', sessions: true },
    });
    await account.play(10 * 60_000);
    return run;
  }

  /** The number of the call that starts an upgrade, among those of its function. */
  async function startCallNumber(): Promise<number> {
    const run = await start({
      inProcess: true,
      fleet: 'demo',
      policy: { upgrades: { bakeAge: '1m' } },
      play: '3h',
      seed: 3,
    });
    const calls = run.calls.filter((call) => call.function === 'upgrade-node-groups');
    return calls.findIndex(({ operation }) => operation === 'UpdateNodegroupVersion') + 1;
  }
});
