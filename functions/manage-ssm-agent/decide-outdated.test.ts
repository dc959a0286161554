import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../policy-document.ts';
import { decide } from './decide.ts';
import type { Circumstances } from './decision.ts';
import { MINUTE, NOW, ONLINE, observation, worker } from './observation.fixture.ts';
import type { Observation, WorkerView } from './observation.ts';

const IGNORED = { 'eks-host-remediator:ignore': '' };
const OLD = { ...ONLINE, version: '3.2.1705.0', latest: false };
const UNREADABLE = { tags: {}, unreadable: 'AccessDeniedException: no' };
const NOT_A_WORKER = { tags: {}, notAWorker: 'EKS has no cluster shop.' };

const circumstances = (policy: object = {}): Circumstances => ({
  policy: parsePolicy(JSON.stringify(policy), 'enforce'),
  now: NOW,
  account: '111122223333',
});
const about = (view: Partial<WorkerView>, state: Partial<Observation['state']> = {}) =>
  observation(worker({ agent: OLD, ...view }), state);

describe('decide, about an agent that answers in an old version,', () => {
  it('tells once that an update of it was undone, and does not update it again until somebody retries', () => {
    const updated = { to: '3.3.4624.0', at: NOW - 60 * MINUTE };
    const undone = decide(about({}, { updated }), circumstances());
    expect(undone).toMatchObject({
      decision: 'failed',
      reason: 'attempts-exhausted',
      message: expect.stringContaining('answers in version 3.2.1705.0 again'),
      memory: { failures: { count: 3 } },
      updated: null,
    });
    const { hint, memory, message, ...next } = decide(about({}, { ...undone.memory }), circumstances());
    expect(next).toMatchObject({ reason: 'attempts-exhausted', variant: undone.variant });
    expect(next.begin).toBeUndefined();
    // A version that is only not the latest any more, and one that Systems Manager may not show yet, are no such thing.
    for (const known of [
      { ...updated, to: OLD.version },
      { ...updated, at: NOW - MINUTE },
    ]) {
      expect(decide(about({}, { updated: known }), circumstances()).begin).toBe('update-agent');
    }
  });

  it('updates an old agent, but not that of Bottlerocket', () => {
    expect(decide(about({}), circumstances())).toMatchObject({
      reason: 'agent-update-started',
      begin: 'update-agent',
    });
    expect(decide(about({ agent: { ...OLD, platform: 'Bottlerocket' } }), circumstances()).reason).toBe(
      'agent-verified',
    );
  });

  it('updates an agent of Windows once a month, of which nobody says whether it is the latest, and no other such one', () => {
    const { latest: _, ...unknown } = OLD;
    const windows = { ...unknown, platform: 'Microsoft Windows Server 2022 Datacenter' };
    const begun = decide(about({ agent: windows }), circumstances());
    expect(begun).toMatchObject({ decision: 'acted', begin: 'update-agent' });
    expect(begun.message).toContain('Of Windows, Systems Manager does not say whether it is the latest');
    const { remedy } = begun.memory;
    if (remedy === undefined) throw new Error('no update has begun');
    const waiting = decide(about({ agent: windows, command: { kind: 'running' } }, { remedy }), circumstances());
    expect(waiting).toMatchObject({ decision: 'waiting', reason: 'remedy-in-progress' });
    const ended = decide(about({ agent: windows, command: { kind: 'succeeded' } }, { remedy }), circumstances());
    expect(ended).toMatchObject({ decision: 'done', reason: 'agent-updated', updated: { at: NOW } });
    expect(ended.message).not.toContain('is the latest version');
    const ago = (days: number) => ({ updated: { to: OLD.version, at: NOW - days * 24 * 60 * MINUTE } });
    expect(decide(about({ agent: windows }, ago(29)), circumstances()).reason).toBe('agent-verified');
    expect(decide(about({ agent: windows }, ago(30)), circumstances()).begin).toBe('update-agent');
    expect(decide(about({ agent: unknown }), circumstances()).reason).toBe('agent-verified');
    const nameless = decide(about({ agent: { ...unknown, version: '' } }), circumstances());
    expect(nameless.message).toBe('The agent answers (of an unknown version).');
  });

  it('says that a command has succeeded where Systems Manager still calls the agent outdated', () => {
    const remedy = { kind: 'update-agent', cause: 'agent-outdated', startedAt: 0, attempt: 1 } as const;
    const made = decide(about({ command: { kind: 'succeeded' } }, { remedy }), circumstances());
    expect(made).toMatchObject({ decision: 'failed', reason: 'agent-update-failed' });
    expect(made.message).toContain('has succeeded, but Systems Manager does not call the agent the latest');
  });

  it.each<[string, Partial<WorkerView>, object, string]>([
    ['opted out', { tags: IGNORED }, {}, 'done agent-verified'],
    ['is of an owner that opted out', { owner: { tags: IGNORED } }, {}, 'done agent-verified'],
    ['is out of scope', {}, { scope: { clusters: ['x'] } }, 'done agent-verified'],
    ['meets the kill switch', {}, { killSwitch: true }, 'done agent-verified'],
    ['meets an invalid policy', {}, { nonsense: 1 }, 'done agent-verified'],
    ['meets mode off', {}, { ssmAgent: { mode: 'off' } }, 'done agent-verified'],
    ['may not be updated', {}, { ssmAgent: { remedies: { updateAgent: 'off' } } }, 'done agent-verified'],
    ['is of an owner that cannot be read', { owner: UNREADABLE }, {}, 'failed unreadable'],
    ['is of a cluster that EKS does not know', { owner: NOT_A_WORKER }, {}, 'skipped unknown-cluster'],
  ])('begins nothing when the worker %s', (_what, view, policy, outcome) => {
    const made = decide(about(view), circumstances(policy));
    expect(`${made.decision} ${made.reason}`).toBe(outcome);
    expect(made.begin).toBeUndefined();
    expect(made.message).toContain('answers');
  });

  it.each([
    ['mode observe', { mode: 'observe' }],
    ['its own remedy observed', { remedies: { updateAgent: 'observe' } }],
  ])('proposes the update in %s, and goes by what an operator says', (_what, ssmAgent) => {
    const proposed = decide(about({}), circumstances({ ssmAgent }));
    const proposal = { target: 'agent-outdated update-agent', at: NOW };
    expect(proposed).toMatchObject({ decision: 'would-act', reason: 'would-remedy', proposal });
    expect(proposed.message).toContain('Would update the agent by AWS-UpdateSSMAgent');
    expect(decide(about({}, { proposal }), circumstances({ ssmAgent }))).toEqual(proposed);
    const ruled = (kind: 'approved' | 'rejected', policy: object) => {
      const ruling = { kind, id: 'r-1', requestedBy: 'ada', why: 'because' };
      return decide(about({}, { proposal: { ...proposal, ruling } }), circumstances(policy));
    };
    expect(ruled('approved', { ssmAgent })).toMatchObject({ decision: 'acted', begin: 'update-agent' });
    for (const policy of [{ ssmAgent }, {}]) {
      const rejected = ruled('rejected', policy);
      expect(rejected).toMatchObject({ decision: 'skipped', reason: 'proposal-rejected' });
      expect(rejected.proposal?.ruling?.kind).toBe('rejected');
    }
  });

  it('tries a failed update again later, each time twice as late, and never calls it verified meanwhile', () => {
    const failedTimes = (count: number, minutes: number, policy: object = {}) => {
      const failures = { cause: 'agent-outdated' as const, count, lastAt: NOW - minutes * MINUTE };
      return decide(about({}, { failures }), circumstances(policy));
    };
    expect(failedTimes(1, 29)).toMatchObject({ decision: 'waiting', reason: 'retry-later', lookAt: NOW + MINUTE });
    expect(failedTimes(1, 29).message).toContain('The agent answers');
    expect(failedTimes(1, 30)).toMatchObject({ begin: 'update-agent', memory: { remedy: { attempt: 2 } } });
    expect(failedTimes(2, 59)).toMatchObject({ decision: 'waiting', reason: 'retry-later', lookAt: NOW + MINUTE });
    expect(failedTimes(2, 60)).toMatchObject({ begin: 'update-agent', memory: { remedy: { attempt: 3 } } });
    expect(failedTimes(3, 999)).toMatchObject({ reason: 'attempts-exhausted', memory: { failures: { count: 3 } } });
    expect(failedTimes(3, 999).message).toContain('The agent answers');
    // The policy no longer wants an update, but earlier failures are not forgotten.
    const off = failedTimes(3, 999, { ssmAgent: { remedies: { updateAgent: 'off' } } });
    expect(off).toMatchObject({ decision: 'done', reason: 'agent-verified', memory: { failures: { count: 3 } } });
  });

  it('says why it is left alone', () => {
    const made = decide(about({ owner: { tags: IGNORED } }), circumstances());
    expect(made.message).toBe(
      'The agent answers (version 3.2.1705.0, not the latest, and not to be updated: ' +
        'Its cluster or node group opted out by its tag).',
    );
  });

  it('closes no incident of an update by a guard, and forgets neither failures nor a rejection', () => {
    const failures = { cause: 'agent-outdated' as const, count: 1, lastAt: NOW };
    const proposal = { target: 'agent-outdated update-agent', at: NOW - MINUTE };
    const made = decide(about({}, { failures, proposal }), circumstances({ killSwitch: true }));
    expect(made).toMatchObject({ decision: 'skipped', reason: 'kill-switch', memory: { failures }, proposal });
    expect(made.message).toContain('The agent answers');
    // A proposal from when the agent did not answer has nothing to do with its version.
    const other = { proposal: { target: 'role-lacks-ssm attach-policy', at: NOW - MINUTE } };
    expect(decide(about({}, other), circumstances({ killSwitch: true })).reason).toBe('agent-verified');
  });

  it.each([
    ['still answers', OLD, 'The agent still answers, in version 3.2.1705.0.'],
    ['has fallen silent', { ...OLD, online: false }, 'The agent does not answer any more.'],
  ])('says of a failed update whether the agent %s', (_what, agent, stands) => {
    const remedy = { kind: 'update-agent' as const, cause: 'agent-outdated' as const, startedAt: NOW, attempt: 1 };
    const command = { kind: 'failed' as const, message: 'command c-1 is TimedOut' };
    const failed = decide(about({ agent, command }, { remedy }), circumstances());
    expect(failed).toMatchObject({ decision: 'failed', reason: 'agent-update-failed' });
    expect(failed.message).toBe(`Attempt 1 (update-agent) failed: command c-1 is TimedOut. ${stands}`);
    const late = decide(about({ agent }, { remedy: { ...remedy, startedAt: NOW - 30 * MINUTE } }), circumstances());
    expect(late).toMatchObject({ decision: 'failed', reason: 'agent-update-failed' });
    expect(late.message).toBe(`Attempt 1 (update-agent) failed: it did not finish in time. ${stands}`);
  });

  it('ends an update with the command or the version', () => {
    const update = {
      kind: 'update-agent' as const,
      cause: 'agent-outdated' as const,
      startedAt: NOW - MINUTE,
      attempt: 1,
      commandId: 'c-1',
    };
    const state = { remedy: update };
    expect(decide(about({ agent: ONLINE }, state), circumstances()).reason).toBe('agent-updated');
    expect(decide(about({ command: { kind: 'running' } }, state), circumstances()).reason).toBe('remedy-in-progress');
    expect(decide(about({ command: { kind: 'failed', message: 'TimedOut' } }, state), circumstances())).toMatchObject({
      decision: 'failed',
      reason: 'agent-update-failed',
    });
  });
});
