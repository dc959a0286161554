import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../policy-document.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { decide } from './decide.ts';
import type { Circumstances } from './decision.ts';
import {
  arbitraryObservation,
  arbitraryPolicy,
  findings,
  LACKING,
  MINUTE,
  NOW,
  nodeRole,
  ONLINE,
  observation,
  worker,
} from './observation.fixture.ts';
import type { Findings, Observation, WorkerView } from './observation.ts';

const circumstances = (policy: object = {}): Circumstances => ({
  policy: parsePolicy(JSON.stringify(policy), 'enforce'),
  now: NOW,
  account: '111122223333',
});
const about = (view: Partial<WorkerView>, state: Partial<Observation['state']> = {}) =>
  observation(worker(view), state);
const absent = (found: Partial<Findings> = {}, view: Partial<WorkerView> = {}) =>
  about({ findings: findings(found), ...view });
const CLOSED = { kind: 'closed', missing: 'Subnet subnet-1 has no default route.' } as const;

describe('an agent that answers without a connection for sessions', () => {
  const unconnected = (found: Partial<Findings> = {}, view: Partial<WorkerView> = {}) =>
    absent(found, { agent: ONLINE, sessions: false, ...view });

  it('is told of, with what keeps it from one', () => {
    expect(decide(unconnected({ network: CLOSED }), circumstances())).toMatchObject({
      decision: 'failed',
      reason: 'sessions-not-connected',
      message: `The agent answers (version ${ONLINE.version}), but has no connection for sessions. ${CLOSED.missing}`,
    });
    const role = nodeRole({
      allows: 'no',
      registers: 'yes',
      why: 'policy guard denies ssmmessages:OpenControlChannel',
    });
    // Default Host Management gives no rights to an agent whose own role lets it register.
    for (const defaultHostManagement of [false, true]) {
      const made = decide(unconnected({ profile: { name: 'p', role }, defaultHostManagement }), circumstances());
      expect(made.message).toContain('policy guard denies ssmmessages:OpenControlChannel');
    }
    expect(decide(unconnected(), circumstances()).message).toContain('Nothing was found that keeps it from one');
  });

  it('still has time after the launch', () => {
    const made = decide(unconnected({}, { launchedAt: NOW - MINUTE }), circumstances());
    expect(made).toMatchObject({ decision: 'waiting', reason: 'sessions-not-connected' });
    expect(made.lookAt).toBeGreaterThan(NOW);
  });

  it('is told of only after ten minutes where sessions have reached it before', () => {
    const lost = (unconnectedSince?: number) => {
      const { view } = unconnected({ network: CLOSED });
      const known = { roleFingerprint: 'f1', ...(unconnectedSince !== undefined && { unconnectedSince }) };
      return decide(about(view, known), circumstances());
    };
    const first = lost();
    expect(first).toMatchObject({ decision: 'waiting', memory: { unconnectedSince: NOW }, lookAt: NOW + 10 * MINUTE });
    expect(lost(NOW - 9 * MINUTE)).toMatchObject({ decision: 'waiting', lookAt: NOW + MINUTE });
    expect(lost(NOW - 10 * MINUTE)).toMatchObject({ decision: 'failed', reason: 'sessions-not-connected' });
  });

  it('is verified where it is to be left alone, and where nobody knows', () => {
    expect(decide(unconnected({}, { tags: { 'eks-host-remediator:ignore': '' } }), circumstances()).reason).toBe(
      'agent-verified',
    );
    expect(decide(about({ agent: ONLINE, sessions: true }), circumstances()).reason).toBe('agent-verified');
  });
});

describe('decide', () => {
  it.each<[string, Partial<WorkerView>, object, string, string]>([
    ['answers', { agent: ONLINE }, {}, 'done', 'agent-verified'],
    [
      'answers though its instance opted out',
      { agent: ONLINE, tags: { 'eks-host-remediator:ignore': '' } },
      {},
      'done',
      'agent-verified',
    ],
    [
      'does not answer, and EKS does not know its cluster',
      { findings: findings(), owner: { tags: {}, notAWorker: 'EKS has no cluster shop.' } },
      {},
      'skipped',
      'unknown-cluster',
    ],
    ['is of Auto Mode', { ownership: 'auto-mode' }, {}, 'skipped', 'auto-mode'],
    ['is stopped', { instanceState: 'stopped' }, {}, 'skipped', 'worker-not-running'],
    ['has time left', { launchedAt: NOW - MINUTE }, {}, 'waiting', 'agent-not-yet-registered'],
    [
      'fell silent a moment ago, as hosts do that restart',
      { agent: { ...ONLINE, online: false, lastPingAt: NOW - 19 * MINUTE } },
      {},
      'waiting',
      'agent-just-silent',
    ],
    ['meets an invalid policy', {}, { nonsense: 1 }, 'refused', 'policy-invalid'],
    ['meets the kill switch', {}, { killSwitch: true }, 'skipped', 'kill-switch'],
    ['meets mode off', {}, { ssmAgent: { mode: 'off' } }, 'skipped', 'mode-off'],
    ['is out of scope', {}, { scope: { clusters: ['x'] } }, 'skipped', 'out-of-scope'],
    ['opted out', { tags: { 'eks-host-remediator:ignore': '' } }, {}, 'skipped', 'opted-out'],
    [
      'is of an owner that opted out',
      { owner: { tags: { 'eks-host-remediator:ignore': '' } }, findings: findings() },
      {},
      'skipped',
      'opted-out',
    ],
    [
      'has an owner that cannot be read',
      { owner: { tags: {}, unreadable: 'AccessDeniedException: no' }, findings: findings() },
      {},
      'failed',
      'unreadable',
    ],
    ['is in quarantine', { tags: { 'eks-host-remediator:quarantine': 'x' } }, {}, 'skipped', 'in-quarantine'],
    [
      'was only stripped of its addresses',
      { tags: { 'eks-host-remediator:quarantine': 'stripped 2026-07-14' }, findings: findings({ network: CLOSED }) },
      {},
      'failed',
      'no-network-path',
    ],
    [
      'has no network that anybody sees',
      { findings: findings({ network: { kind: 'unseen', missing: 'Subnet subnet-1 has no default route.' } }) },
      {},
      'failed',
      'no-network-path',
    ],
    [
      'may have no network',
      { findings: findings({ network: { kind: 'unsure', doubt: 'A transit gateway hides it.' } }) },
      {},
      'failed',
      'cause-unclear',
    ],
    [
      'may have no rights',
      { findings: findings({ profile: { name: 'p', role: nodeRole({ allows: 'unsure' }) } }) },
      {},
      'failed',
      'cause-unclear',
    ],
    [
      'lacks rights that a Deny forbids',
      { findings: findings({ profile: { name: 'p', role: { ...LACKING.role, forbidden: true } } }) },
      {},
      'failed',
      'role-lacks-ssm',
    ],
    [
      'lacks rights, with another role than its node group',
      { findings: findings({ profile: LACKING }), owner: { tags: {}, nodeRole: 'arn:aws:iam::1:role/other' } },
      {},
      'failed',
      'role-lacks-ssm',
    ],
    [
      'is registered by a hybrid activation',
      { findings: findings({ registeredAs: 'mi-0123456789abcdef0' }) },
      {},
      'failed',
      'registered-elsewhere',
    ],
    ['is in standby', { findings: findings(), lifecycleState: 'Standby' }, {}, 'skipped', 'out-of-service'],
    ['is warmed', { findings: findings(), lifecycleState: 'Warmed:Running' }, {}, 'skipped', 'out-of-service'],
    [
      'is on its way out',
      { findings: findings(), lifecycleState: 'Terminating:Wait' },
      {},
      'skipped',
      'out-of-service',
    ],
    [
      'lacks the agent where no image can be pulled',
      { findings: findings({ shutInBy: 'subnet subnet-1 has no default route' }) },
      {},
      'failed',
      'agent-not-installable',
    ],
    ['lacks the agent on Windows', { findings: findings({ windows: true }) }, {}, 'failed', 'agent-not-installable'],
    ['has no network', { findings: findings({ network: CLOSED }) }, {}, 'failed', 'no-network-path'],
    [
      'has no metadata',
      { findings: findings({ metadata: { enabled: false, version2: false } }) },
      {},
      'failed',
      'imds-unreachable',
    ],
    ['fell silent', { agent: { ...ONLINE, online: false }, findings: findings() }, {}, 'failed', 'connection-lost'],
    [
      'fell silent longer ago than a restart takes',
      { agent: { ...ONLINE, online: false, lastPingAt: NOW - 20 * MINUTE }, findings: findings() },
      {},
      'failed',
      'connection-lost',
    ],
    [
      'lacks the agent on Bottlerocket',
      { findings: findings({ imageName: 'bottlerocket-aws-k8s-1.33-x86_64-v1.42.0' }) },
      {},
      'failed',
      'agent-not-installable',
    ],
    [
      'lacks rights that may not be given',
      { findings: findings({ profile: LACKING }) },
      { ssmAgent: { remedies: { attachPolicy: 'off' } } },
      'failed',
      'role-lacks-ssm',
    ],
    [
      'lacks the agent in mode observe',
      { findings: findings() },
      { ssmAgent: { mode: 'observe' } },
      'would-act',
      'would-remedy',
    ],
    [
      'lacks the agent with that remedy observed',
      { findings: findings() },
      { ssmAgent: { remedies: { installAgent: 'observe' } } },
      'would-act',
      'would-remedy',
    ],
  ])('begins nothing when the worker %s', (_what, view, policy, decision, reason) => {
    const made = decide(about(view), circumstances(policy));
    expect(made).toMatchObject({ decision, reason });
    expect(made.begin).toBeUndefined();
  });

  it.each<[string, Partial<Findings>, object, string]>([
    ['attach-policy', { profile: LACKING }, {}, 'policy-attached'],
    [
      'default-host-management',
      { profile: LACKING },
      { attachPolicy: 'off', defaultHostManagement: 'enforce' },
      'default-host-management-registered',
    ],
    ['install-agent', {}, {}, 'agent-install-started'],
    [
      'install-agent',
      { network: { kind: 'unsure', doubt: 'A transit gateway hides it.' } },
      { installWhenUnsure: 'enforce' },
      'agent-install-started',
    ],
  ])('begins %s', (kind, found, remedies, reason) => {
    expect(decide(absent(found), circumstances({ ssmAgent: { remedies } }))).toMatchObject({
      decision: 'acted',
      reason,
      begin: kind,
      memory: { remedy: { kind, startedAt: NOW, attempt: 1 } },
    });
  });

  it('registers Default Host Management again where its role is gone, and leaves a role alone that somebody chose', () => {
    const remedies = { attachPolicy: 'off', defaultHostManagement: 'enforce' };
    const given = (gone: boolean) =>
      decide(
        absent({ profile: LACKING, hostManagementRole: { answer: 'no', why: 'D.', ...(gone && { gone: true }) } }),
        circumstances({ ssmAgent: { remedies } }),
      );
    expect(given(true)).toMatchObject({ begin: 'default-host-management' });
    expect(given(false)).toMatchObject({ decision: 'failed', reason: 'role-lacks-ssm' });
    expect(given(false).begin).toBeUndefined();
  });

  it('attaches the narrow policy, or the one that the policy document names, and says how to undo it', () => {
    for (const [agentPolicy, expected] of [
      [undefined, 'AmazonSSMManagedEC2InstanceDefaultPolicy'],
      ['AmazonSSMManagedInstanceCore', 'AmazonSSMManagedInstanceCore'],
    ]) {
      const undo = `aws iam detach-role-policy --role-name shop-node --policy-arn arn:aws:iam::aws:policy/${expected}`;
      const made = decide(absent({ profile: LACKING }), circumstances({ ssmAgent: { agentPolicy } }));
      expect(made).toMatchObject({
        message: expect.stringContaining(`attach ${expected} to node role shop-node. To undo it: ${undo}`),
        details: { undo },
      });
    }
  });

  it('installs where it is unsure no more than both modes allow', () => {
    const unsure = { network: { kind: 'unsure', doubt: 'A transit gateway hides it.' } } as const;
    const modes = (installAgent: string, installWhenUnsure: string) =>
      decide(absent(unsure), circumstances({ ssmAgent: { remedies: { installAgent, installWhenUnsure } } })).decision;
    expect(modes('enforce', 'observe')).toBe('would-act');
    expect(modes('observe', 'enforce')).toBe('would-act');
    expect(modes('off', 'enforce')).toBe('failed');
    expect(decide(absent(unsure), circumstances()).message).toBe(
      'It cannot be told whether the instance reaches Systems Manager: a transit gateway hides it. ' +
        'No agent has ever registered: it may be missing or stopped as well.',
    );
  });

  it.each([
    ['Windows', { windows: true }, 'AmazonSSMAgent', 'Bottlerocket'],
    ['Bottlerocket', { imageName: 'bottlerocket-aws-k8s-1.33-x' }, 'host-containers.control', 'Windows'],
  ])('gives the hint that fits %s', (_system, found, fitting, other) => {
    const { hint, message } = decide(absent(found), circumstances());
    expect(hint).toContain(fitting);
    expect(`${hint} ${message}`).not.toContain(other);
  });

  it('names what else is wrong besides what it cures, and does not tell of a cause again when that changes', () => {
    const lacking = { profile: LACKING, network: CLOSED };
    const also = 'Also: Subnet subnet-1 has no default route.';
    const begun = decide(absent(lacking), circumstances());
    expect(begun).toMatchObject({ begin: 'attach-policy', message: expect.stringContaining(also) });
    const off = circumstances({ ssmAgent: { remedies: { attachPolicy: 'off' } } });
    const [told, later] = [decide(absent(lacking), off), decide(absent({ profile: LACKING }), off)];
    expect(told).toMatchObject({ reason: 'role-lacks-ssm', message: expect.stringContaining(also) });
    expect(later.message).not.toContain('Also');
    expect(later.variant).toBe(told.variant);
  });

  describe('a remedy under way', () => {
    const remedy = {
      kind: 'attach-policy' as const,
      cause: 'role-lacks-ssm' as const,
      startedAt: NOW - 10 * MINUTE,
      attempt: 1,
    };

    it('is done only when the agent answers, whatever the policy says by now', () => {
      for (const policy of [{}, { killSwitch: true }, { nonsense: 1 }]) {
        expect(decide(about({ agent: ONLINE }, { remedy }), circumstances(policy))).toMatchObject({
          decision: 'done',
          reason: 'agent-cured',
          memory: {},
        });
        expect(decide(about({}, { remedy }), circumstances(policy))).toMatchObject({
          decision: 'waiting',
          reason: 'remedy-in-progress',
          memory: { remedy },
        });
      }
    });

    it('has failed when its time is over, is tried again later, and stops after as many attempts as the policy allows', () => {
      const late = { ...remedy, startedAt: NOW - 75 * MINUTE };
      const sleeping = decide(about({}, { remedy: { ...remedy, startedAt: NOW - 74 * MINUTE } }), circumstances());
      expect(sleeping.reason).toBe('remedy-in-progress');
      const failed = decide(about({}, { remedy: late }), circumstances());
      expect(failed).toMatchObject({
        decision: 'failed',
        reason: 'role-lacks-ssm',
        memory: { failures: { count: 1 } },
        lookAt: NOW + 30 * MINUTE,
      });
      const lacking = (failures: NonNullable<Observation['state']['failures']>) =>
        decide(about({ findings: findings({ profile: LACKING }) }, { failures }), circumstances());
      const cause = 'role-lacks-ssm' as const;
      expect(lacking({ cause, count: 1, lastAt: NOW - 29 * MINUTE }).reason).toBe('retry-later');
      expect(lacking({ cause, count: 1, lastAt: NOW - 30 * MINUTE })).toMatchObject({
        memory: { remedy: { attempt: 2 } },
      });
      expect(lacking({ cause, count: 3, lastAt: NOW - 300 * MINUTE })).toMatchObject({
        decision: 'failed',
        reason: 'attempts-exhausted',
        message:
          'Role shop-node does not allow what the agent needs. 3 attempts to cure it failed. No further attempt is made.',
        details: { cause },
      });
    });
  });
});

describe('whatever was observed', () => {
  it('begins only what every rule allows', () => {
    fc.assert(
      fc.property(arbitraryObservation, arbitraryPolicy, (seen, policy) => {
        const made = decide(seen, { policy, now: NOW, account: '111122223333' });
        if (made.begin === undefined) return;
        if (isInvalid(policy)) throw new Error('began something without a policy');
        const { view } = seen;
        expect(policy.killSwitch).toBe(false);
        const { proposal } = seen.state;
        const ruling = proposal?.target === made.target ? proposal?.ruling?.kind : undefined;
        expect(ruling).not.toBe('rejected');
        const enough = ruling === 'approved' ? ['enforce', 'observe'] : ['enforce'];
        expect(enough).toContain(policy.ssmAgent.mode);
        expect(made.proposal).toBeUndefined();
        expect(view.ownership).not.toBe('auto-mode');
        expect(['running', 'pending']).toContain(view.instanceState);
        expect(view.tags).not.toHaveProperty('eks-host-remediator:ignore');
        expect(view.owner).toEqual({ tags: {} });
        expect(policy.scope).toEqual({});
        expect(seen.state.remedy).toBeUndefined();
        const { remedies } = policy.ssmAgent;
        const mode = {
          'attach-policy': remedies.attachPolicy,
          'default-host-management': remedies.defaultHostManagement,
          'update-agent': remedies.updateAgent,
          'install-agent': remedies.installAgent,
        };
        expect(enough).toContain(mode[made.begin]);
        const hostManagement = view.findings?.defaultHostManagement === true;
        if (made.begin === 'attach-policy') expect(view.findings?.profile?.role).toMatchObject({ forbidden: false });
        if (made.begin === 'install-agent') {
          expect(view.findings?.imageName).not.toMatch(/^bottlerocket/);
          const { network, profile, windows } = view.findings ?? {};
          expect(windows).toBe(false);
          const unsure = network?.kind !== 'open' || profile?.role?.allows !== 'yes';
          expect(network?.kind).toMatch(/^(open|unsure)$/);
          if (unsure && !hostManagement) expect(enough).toContain(remedies.installWhenUnsure);
        }
        if (made.begin === 'update-agent') expect(view.agent?.online).toBe(true);
        else expect(view.agent?.online).not.toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('is a pure function, and looks again only in the future', () => {
    fc.assert(
      fc.property(arbitraryObservation, arbitraryPolicy, (seen, policy) => {
        const given: Circumstances = { policy, now: NOW, account: '111122223333' };
        const before = JSON.stringify([seen, given]);
        const made = decide(seen, given);
        expect(decide(structuredClone(seen), structuredClone(given))).toEqual(made);
        expect(JSON.stringify([seen, given])).toBe(before);
        expect(made.lookAt ?? NOW).toBeGreaterThanOrEqual(NOW);
      }),
    );
  });
});
