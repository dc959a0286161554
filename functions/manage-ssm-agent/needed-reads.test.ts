import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../policy-document.ts';
import { neededReadsOf } from './needed-reads.ts';
import { MINUTE, NOW, ONLINE, worker } from './observation.fixture.ts';
import type { WorkerView } from './observation.ts';
import { NEW_WORKER } from './worker-ledger.ts';

const OLD = { ...ONLINE, latest: false };
const remedy = { kind: 'update-agent' as const, cause: 'agent-outdated' as const, startedAt: NOW, attempt: 1 };

describe('what is found out about a worker', () => {
  it.each<[string, Partial<WorkerView>, object, string | undefined]>([
    ['answers in the latest version', { agent: ONLINE }, {}, 'role'],
    ['answers in an old version', { agent: OLD }, {}, 'owner'],
    ['answers in an old version of Bottlerocket', { agent: { ...OLD, platform: 'Bottlerocket' } }, {}, 'role'],
    ['is to be updated if somebody approves', { agent: OLD }, { remedies: { updateAgent: 'observe' } }, 'owner'],
    ['is never to be updated', { agent: OLD }, { remedies: { updateAgent: 'off' } }, 'role'],
    ['does not answer', {}, {}, 'findings'],
    ['fell silent', { agent: { ...ONLINE, online: false } }, {}, 'findings'],
    [
      'fell silent while its host restarts',
      { agent: { ...ONLINE, online: false, lastPingAt: NOW - 19 * MINUTE } },
      {},
      undefined,
    ],
    [
      'fell silent for longer than that',
      { agent: { ...ONLINE, online: false, lastPingAt: NOW - 20 * MINUTE } },
      {},
      'findings',
    ],
    ['still has time', { launchedAt: NOW - MINUTE }, {}, undefined],
    ['runs Windows and may still restart', { launchedAt: NOW - 19 * MINUTE, windows: true }, {}, undefined],
    ['runs Windows and had its time', { launchedAt: NOW - 20 * MINUTE, windows: true }, {}, 'findings'],
    ['is in quarantine', { tags: { 'eks-host-remediator:quarantine': 'x' } }, {}, undefined],
    ['was only stripped', { tags: { 'eks-host-remediator:quarantine': 'stripped 2026-07-14' } }, {}, 'findings'],
    ['opted out', { tags: { 'eks-host-remediator:ignore': '' } }, {}, undefined],
    ['is looked after by AWS', { ownership: 'auto-mode' }, {}, undefined],
    ['is stopped', { instanceState: 'stopped' }, {}, undefined],
    ['meets mode off', {}, { mode: 'off' }, undefined],
  ])('that %s', (_what, view, ssmAgent, expected) => {
    const policy = parsePolicy(JSON.stringify({ ssmAgent }), 'enforce');
    const given = { policy, now: NOW, account: '111122223333' };
    // The reads are chosen before anybody knows the worker's owner.
    const { owner: _unread, ...unasked } = worker(view);
    expect(neededReadsOf(unasked, NEW_WORKER, given)).toBe(expected);
    expect(neededReadsOf(unasked, { ...NEW_WORKER, remedy }, given)).toBeUndefined();
  });

  it('whose agent answered before is whether sessions still reach it', () => {
    const given = { policy: parsePolicy('{}', 'enforce'), now: NOW, account: '111122223333' };
    const noted = { ...NEW_WORKER, roleFingerprint: 'f1' };
    expect(neededReadsOf(worker({ agent: ONLINE }), noted, given)).toBe('sessions');
    expect(neededReadsOf(worker({ agent: OLD }), noted, given)).toBe('owner');
  });

  it('out of scope is nothing', () => {
    const policy = parsePolicy('{"scope":{"clusters":["other"]}}', 'enforce');
    expect(neededReadsOf(worker({ agent: OLD }), NEW_WORKER, { policy, now: NOW, account: '1' })).toBeUndefined();
  });

  it('is nothing where an override says so, and what the policy says elsewhere', () => {
    const overrides = [{ name: 'theirs', match: { nodegroups: ['gen*'] }, ssmAgent: { mode: 'off' } }];
    const policy = parsePolicy(JSON.stringify({ overrides }), 'enforce');
    const neededBy = (view: Partial<WorkerView>) =>
      neededReadsOf(worker({ agent: OLD, ...view }), NEW_WORKER, { policy, now: NOW, account: '1' });
    expect(neededBy({})).toBeUndefined();
    expect(neededBy({ nodegroup: 'web' })).toBe('owner');
    // The name of a group that EKS does not manage is only a tag.
    expect(neededBy({ ownership: 'self-managed' })).toBe('owner');
  });
});
