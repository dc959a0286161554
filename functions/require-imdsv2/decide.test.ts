import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../policy-document.ts';
import { OPT_OUT_TAG, QUARANTINE_TAG } from '../shared/fleet/scope.ts';
import { answer } from './answer.ts';
import { type Circumstances, decide } from './decide.ts';
import type { Observation } from './observe.ts';

const NOW = Date.parse('2026-07-15T12:00:00Z');
const worker: Observation = {
  instanceId: 'i-0f3a5c7e9b1d2f4a6',
  worker: { cluster: 'shop', ownership: 'managed', nodegroup: 'web', certain: true },
  trigger: { id: 'e-1', type: 'test', time: NOW, redelivered: false },
  tags: {},
  instanceState: 'running',
  takesV1: true,
  isOff: false,
  state: { outcomes: 0, revision: 0 },
  owner: { tags: {} },
};
const under = (policy: object | string = {}): Circumstances => ({
  policy: parsePolicy(typeof policy === 'string' ? policy : JSON.stringify(policy), 'enforce'),
  now: NOW,
  account: '111122223333',
});
const enforcing = under({ imds: { mode: 'enforce' } });
const told = (observation: Partial<Observation>, circumstances = enforcing): string => {
  const { decision, reason, set = '', silent } = decide({ ...worker, ...observation }, circumstances);
  return silent ? 'silent' : `${decision} ${reason} ${set}`.trim();
};
const ask = (action: 'approve' | 'reject', time = NOW + 60_000) => ({
  event: { detail: { action, requestedBy: 'Ada', why: 'because' } } as never,
  trigger: { id: 'r-1', type: 'Remediation Request', time, redelivered: false },
});
const ruling = { id: 'r-1', at: NOW, requestedBy: 'Ada', why: 'because' };
const known = { outcomes: 1, revision: 1, fingerprint: 'imdsv2-being-required' };

it('says whom version 2 alone locks out, whether it acts or only would', () => {
  const messageOf = (hopLimit: number | undefined, circumstances: Circumstances): string =>
    decide({ ...worker, hopLimit }, circumstances).message;
  for (const circumstances of [enforcing, under()]) {
    expect(messageOf(1, circumstances)).toContain('pods without hostNetwork do not reach it');
    for (const limit of [2, undefined]) expect(messageOf(limit, circumstances)).not.toContain('hop limit');
  }
});

describe('a worker', () => {
  it.each<[string, Partial<Observation>, string]>([
    ['takes version 1', {}, 'acted imdsv2-being-required required'],
    ['takes version 2 only, and nothing else was told', { takesV1: false }, 'silent'],
    ['takes version 2 only by now', { takesV1: false, state: known }, 'done imdsv2-required'],
    [
      'is a node of EKS Auto Mode',
      { worker: { ...worker.worker, ownership: 'auto-mode' }, state: known },
      'skipped auto-mode',
    ],
    ['is operated by an AWS service', { operatedBy: 'x.amazonaws.com' }, 'skipped imdsv2-operated'],
    ['is so, and takes version 2 only', { operatedBy: 'x.amazonaws.com', takesV1: false }, 'silent'],
    ['is gone', { instanceState: 'terminated', state: known }, 'skipped worker-not-running'],
    ['is in quarantine', { tags: { [QUARANTINE_TAG]: 'since' }, state: known }, 'skipped in-quarantine'],
    ['is in quarantine, and nothing else was told', { tags: { [QUARANTINE_TAG]: 'since' } }, 'silent'],
    ['stands by, and nothing else was told', { lifecycleState: 'Standby' }, 'skipped out-of-service'],
    ['is to stand by', { lifecycleState: 'EnteringStandby' }, 'silent'],
    ['stands by in quarantine', { lifecycleState: 'Standby', tags: { [QUARANTINE_TAG]: 'since' } }, 'silent'],
    ['stands by, and takes version 2 only', { lifecycleState: 'Standby', takesV1: false }, 'silent'],
    ['waits in a warm pool', { lifecycleState: 'Warmed:Running' }, 'silent'],
    ['is on its way out', { lifecycleState: 'Terminating:Wait' }, 'silent'],
    [
      'was only stripped of addresses, and serves',
      { tags: { [QUARANTINE_TAG]: 'stripped since' } },
      'acted imdsv2-being-required required',
    ],
    ['opted out', { tags: { [OPT_OUT_TAG]: '' } }, 'skipped opted-out'],
    ['has an owner that opted out', { owner: { tags: { [OPT_OUT_TAG]: '' } } }, 'skipped opted-out'],
    ['has an owner that cannot be read', { owner: { tags: {}, unreadable: 'AccessDenied' } }, 'failed unreadable'],
  ])('that %s', (_, observation, outcome) => {
    expect(told(observation)).toBe(outcome);
  });

  it('is looked at again, and nothing is said of it, while EC2 may not show its change yet', () => {
    const changed = { ...known, changedAt: NOW - 59_000 };
    const idle = { lifecycleState: 'Standby', tags: { [QUARANTINE_TAG]: 'since' } };
    for (const more of [{}, idle]) {
      expect(decide({ ...worker, ...more, state: changed }, enforcing)).toMatchObject({
        silent: true,
        isUnconfirmed: true,
      });
      expect(decide({ ...worker, ...more, state: changed }, enforcing)).not.toHaveProperty('set');
    }
    const long = { ...known, changedAt: NOW - 60_000 };
    expect(told({ state: long })).toBe('acted imdsv2-being-required required');
    expect(told({ ...idle, state: long })).toBe('skipped in-quarantine');
  });

  it('is told of once EC2 shows a change that was about to be asked for when all else was lost', () => {
    const asked = { ...known, fingerprint: undefined, changedAt: NOW - 1_000 };
    const required = { ...worker, takesV1: false, state: { ...asked, asked: 'required' as const } };
    const found = decide(required, enforcing);
    expect(found).toMatchObject({ reason: 'imdsv2-being-required', changedAt: NOW - 1_000, isUnconfirmed: true });
    expect(found).not.toHaveProperty('set');
    // EC2 may not have been asked, so it is asked at once.
    expect(told({ state: required.state })).toBe('acted imdsv2-being-required required');
    const rejected = { target: 'imdsv2', at: NOW, ruling: { kind: 'rejected', ...ruling } as const };
    const optional = { ...worker, state: { ...asked, asked: 'optional' as const, proposal: rejected } };
    expect(decide(optional, enforcing)).toMatchObject({ reason: 'imdsv2-undone', changedAt: undefined });
    expect(told({ ...optional, takesV1: false })).toBe('acted imdsv2-undone optional');
    // A request is answered first.
    const answered = answer(required, ask('reject'), enforcing);
    expect([answered.reason, answered.asked]).toEqual(['request-granted', 'required']);
  });

  it('is left to whoever has it take version 2 where a change that was about to be made is not, under whatever applies then', () => {
    const never = (ago: number) => ({
      ...known,
      fingerprint: undefined,
      changedAt: NOW - ago,
      asked: 'required' as const,
    });
    for (const [here, circumstances] of [
      [{ tags: { [OPT_OUT_TAG]: '' } }, enforcing],
      [{}, under({ imds: { mode: 'observe' } })],
      [{}, under({ imds: { mode: 'off' } })],
      [{ tags: { [QUARANTINE_TAG]: 'since' } }, enforcing],
    ] as const) {
      const decided = decide({ ...worker, ...here, state: never(60_000) }, circumstances);
      expect([decided.silent, decided.changedAt, decided.asked]).toEqual([undefined, undefined, undefined]);
      // EC2 may not show it yet.
      const early = decide({ ...worker, ...here, state: never(1_000) }, circumstances);
      expect([early.changedAt, early.asked]).toEqual([NOW - 1_000, 'required']);
    }
    expect(decide({ ...worker, state: never(1_000) }, enforcing)).toMatchObject({ set: 'required', changedAt: NOW });
    expect(decide({ ...worker, state: never(1_000) }, enforcing).asked).toBeUndefined();
  });

  it('is left to whoever has it take version 2 after the change was rejected and is gone', () => {
    const asked = answer({ ...worker, takesV1: false, state: { ...known, changedAt: 1 } }, ask('reject'), under());
    const state = { ...known, changedAt: 1, proposal: asked.proposal };
    const rejected = decide({ ...worker, state }, under());
    expect(rejected).toMatchObject({ reason: 'proposal-rejected', changedAt: undefined });
    expect(told({ takesV1: false, state: { ...state, changedAt: rejected.changedAt } })).toBe('done imdsv2-required');
  });

  it('is only proposed to be changed by default, also where the stage enforces', () => {
    expect(told({}, under())).toBe('would-act would-require-imdsv2');
  });

  it('is told where it is to be set for good, EKS-owned templates by name', () => {
    expect(decide(worker, enforcing).message).toMatch(/launch template of node group web\. If EKS owns/);
    const karpenter = { ...worker.worker, ownership: 'karpenter', nodegroup: 'karpenter:spot' } as const;
    expect(decide({ ...worker, worker: karpenter }, enforcing).message).toContain('EC2NodeClass of node pool spot');
  });

  it('is never changed but in mode enforce or with an approval, and never against a guard', () => {
    const observations = fc.record({
      takesV1: fc.boolean(),
      instanceState: fc.constantFrom('running', 'pending', 'stopped'),
      tags: fc.constantFrom({}, { [OPT_OUT_TAG]: '' }),
      owner: fc.constantFrom({ tags: {} }, { tags: {}, unreadable: 'no' }, { tags: {}, notAWorker: 'no' }),
    });
    const policies = fc.constantFrom(
      '{',
      '{"killSwitch":true}',
      '{"imds":{"mode":"off"}}',
      '{}',
      '{"imds":{"mode":"enforce"}}',
    );
    fc.assert(
      fc.property(observations, policies, (observation, policy) => {
        const { set } = decide({ ...worker, ...observation }, under(policy));
        const allowed =
          policy.includes('enforce') &&
          observation.takesV1 &&
          observation.instanceState !== 'stopped' &&
          Object.keys(observation.tags).length + Object.keys(observation.owner).length === 1;
        expect(set).toBe(allowed ? 'required' : undefined);
      }),
    );
  });
});

describe('an operator', () => {
  const proposed = { ...known, proposal: { target: 'imdsv2', at: NOW } };
  const answered = (observation: Partial<Observation>, action: 'approve' | 'reject', circumstances = under()) => {
    const asked = { ...worker, ...observation };
    const { reason, proposal } = answer(asked, ask(action), circumstances);
    return [reason, told({ ...asked, state: { ...asked.state, ...(proposal && { proposal }) } }, circumstances)];
  };

  it('approves what is proposed, or rejects it', () => {
    expect(answered({ state: proposed }, 'approve')).toEqual([
      'request-granted',
      'acted imdsv2-being-required required',
    ]);
    expect(answered({ state: proposed }, 'reject')).toEqual(['request-granted', 'skipped proposal-rejected']);
  });

  it('has undone what was done, by a rejection, and it is not done again', () => {
    const done = { ...known, changedAt: NOW };
    expect(answered({ takesV1: false, state: done }, 'reject', enforcing)).toEqual([
      'request-granted',
      'acted imdsv2-undone optional',
    ]);
    // EC2 does not show the change yet.
    expect(answered({ state: done }, 'reject', enforcing)).toEqual(['request-granted', 'silent']);
    const rejected = {
      ...known,
      proposal: answer({ ...worker, takesV1: false, state: done }, ask('reject'), enforcing).proposal,
    };
    expect(told({ state: { ...known, proposal: rejected.proposal } }, enforcing)).toBe('skipped proposal-rejected');
  });

  it('is refused where nothing is proposed or was done', () => {
    expect(answered({ takesV1: false }, 'reject')[0]).toBe('request-refused');
    expect(answered({}, 'approve')[0]).toBe('request-refused');
  });
});
