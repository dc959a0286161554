import { AutoScalingClient, AutoScalingServiceException } from '@aws-sdk/client-auto-scaling';
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import type { RefreshState } from '../../shared/ledger/refresh-ledger.ts';
import { answer } from '../decide/answer.ts';
import { decide } from '../decide/decide.ts';
import {
  asked,
  begun,
  circumstances,
  HOUR,
  known,
  NEW,
  NOW,
  OLD,
  policyWith,
  said,
  seen,
  under,
} from '../model/observation.fixture.ts';
import type { Observation } from '../model/observation.ts';
import { preferencesOf } from '../model/preferences.ts';
import { type ActDeps, carryOut } from './act.ts';

/** Carries a decision out, with a failure at an operation where one is named. */
async function play(
  observation: Observation,
  failing?: string,
  error: Error = new Error('The host died.'),
  here = circumstances(),
  active: object = {},
) {
  let saved: RefreshState = observation.state;
  const done: string[] = [];
  const answers: Readonly<Record<string, object>> = {
    CreateLaunchTemplateVersionCommand: {
      LaunchTemplateVersion: { VersionNumber: 4, LaunchTemplateData: { ImageId: NEW } },
    },
    StartInstanceRefreshCommand: { InstanceRefreshId: 'r-1' },
    RollbackInstanceRefreshCommand: { InstanceRefreshId: 'r-1' },
    DescribeInstanceRefreshesCommand: {
      InstanceRefreshes: [
        {
          InstanceRefreshId: 'r-9',
          Status: 'InProgress',
          DesiredConfiguration: { LaunchTemplate: { Version: '9' } },
          ...active,
        },
      ],
    },
  };
  const send = async ({ constructor: { name } }: object) => {
    done.push(name.replace(/Command$/, ''));
    if (name === `${failing}Command`) throw error;
    return { ...answers[name], $metadata: {} };
  };
  const documents = {
    send: async ({ input: { Item } }: { input: { Item: RefreshState } }) => {
      if (Item.revision !== saved.revision + 1)
        throw new ConditionalCheckFailedException({ message: '', $metadata: {} });
      saved = Item;
      done.push('save');
    },
  };
  const deps = {
    autoScaling: Object.assign(new AutoScalingClient({ region: 'eu-central-1' }), { send }),
    ec2: { send },
    ledger: { documents, table: 't' },
    recorder: { record: () => undefined },
    caller: 'one',
  };
  await carryOut(deps as unknown as ActDeps, observation, decide(observation, here), here).catch(() => undefined);
  return { saved, done };
}

describe('what is saved while a refresh is begun', () => {
  it('names the version of the template before the refresh starts', async () => {
    const { saved, done } = await play(seen(), 'StartInstanceRefresh');
    expect(done).toEqual(['save', 'CreateLaunchTemplateVersion', 'save', 'StartInstanceRefresh']);
    expect(saved.refresh).toMatchObject({ target: NEW, version: '4' });
    expect(saved.refresh).not.toHaveProperty('refreshId');
  });

  it('names the refresh, and since when AWS knows it, after it', async () => {
    const { saved } = await play(seen());
    expect(saved.refresh).toMatchObject({ version: '4', refreshId: 'r-1', takenAt: NOW });
  });

  it('makes no version where the one in use names the AMI already', async () => {
    const template = { ...seen().template!, data: { ImageId: NEW } };
    const { saved, done } = await play(seen({ template }));
    expect([done.includes('CreateLaunchTemplateVersion'), saved.refresh?.version]).toEqual([false, '3']);
  });

  it('does not say that it is rolled back where that was not asked of AWS', async () => {
    const ruling = { kind: 'rejected' as const, id: 'r', at: NOW, requestedBy: 'somebody', why: 'it is bad' };
    const proposal = { target: `undo ${NEW} ${OLD}`, at: NOW - HOUR, ruling };
    const observation = seen({ state: under({ proposal }), refreshes: [known('InProgress')] });
    expect((await play(observation, 'RollbackInstanceRefresh')).saved.refresh?.rolledBackAt).toBeUndefined();
    expect((await play(observation)).saved.refresh?.rolledBackAt).toBe(NOW);
  });

  it('has the next look tell of a rollback that was asked for, and of which nothing more was saved', async () => {
    const ruling = { kind: 'rejected' as const, id: 'r', at: NOW, requestedBy: 'somebody', why: 'it is bad' };
    const proposal = { target: `undo ${NEW} ${OLD}`, at: NOW - HOUR, ruling };
    const observation = seen({ state: under({ proposal }), refreshes: [known('InProgress')] });
    const { saved } = await play(observation, 'RollbackInstanceRefresh');
    const next = (status: string, state: RefreshState) =>
      decide({ ...observation, state, refreshes: [known(status)] }, circumstances());
    for (const status of ['RollbackInProgress', 'RollbackSuccessful', 'RollbackFailed']) {
      const told = next(status, saved);
      expect([said(told), told.variant, told.act]).toEqual(['acted refresh-undoing', 'r', undefined]);
      expect(told.memory.refresh).toMatchObject({ rolledBackAt: NOW });
      expect(told.memory.refresh).not.toHaveProperty('rollingBackAt');
    }
    // One that Auto Scaling itself began, because the refresh had failed, is nobody's act.
    const { rollingBackAt: _, ...refresh } = saved.refresh!;
    expect(said(next('RollbackInProgress', { ...saved, refresh }))).toBe('waiting refresh-under-way');
  });

  it('has the next look tell of a pin that was asked for, of which nothing more was saved, and an answer leave that to it', async () => {
    const floating = seen({}, { source: { kind: 'floating', templateId: 'lt-1', version: '$Latest' } });
    const here = circumstances(policyWith({ floating: 'pin' }));
    const { saved, done } = await play(floating, 'UpdateAutoScalingGroup', undefined, here);
    expect(done).toEqual(['save', 'UpdateAutoScalingGroup']);
    const told = decide(seen({ state: saved }), here);
    expect([said(told), told.variant]).toEqual(['acted group-pinned', '3']);
    expect(told.memory).toMatchObject({ pinned: { version: '3', at: NOW } });
    // It still floats, so that it is pinned now. A number of somebody else is nobody's act here.
    expect(decide({ ...floating, state: saved }, here).act).toBe('pin');
    const source = { kind: 'version' as const, templateId: 'lt-1', version: '2' };
    expect(said(decide(seen({ state: saved }, { source }), here))).not.toBe('acted group-pinned');
    const request = asked('resume');
    const answered = answer(seen({ state: saved, request }), request, here);
    expect([answered.reason, answered.memory.pinning]).toEqual(['request-refused', { version: '3', at: NOW }]);
  });
});

/** The answer of AWS to a refresh that it does not begin. */
const answers = (name: string) =>
  new AutoScalingServiceException({ name, message: 'No.', $fault: 'client', $metadata: { httpStatusCode: 400 } });

describe('an active refresh to the same version', () => {
  const order = { launchedBefore: NOW - HOUR, why: 'So it is.', until: NOW + HOUR };
  const members = [{ ...seen().group.members[0]!, launchedAt: NOW - 9 * HOUR }];
  const ordered = seen({ order, wanted: { kind: 'named', candidates: [] } }, { members });
  const busy = answers('InstanceRefreshInProgressFault');
  const to = (Version: string) => ({ DesiredConfiguration: { LaunchTemplate: { Version } } });
  const ours = preferencesOf(policyWith().refreshes, {});
  const found = async (observation: Observation, active: object) =>
    (await play(observation, 'StartInstanceRefresh', busy, circumstances(), active)).saved;

  it('is taken for ours only where it has our preferences and began since ours was saved', async () => {
    const began = { StartTime: new Date(NOW) };
    expect((await found(ordered, { ...to('3'), ...began, Preferences: ours })).refresh?.refreshId).toBe('r-9');
    for (const foreign of [{ ...began }, { StartTime: new Date(NOW - HOUR), Preferences: ours }]) {
      const { refresh, reason, unrecorded } = await found(ordered, { ...to('3'), ...foreign });
      expect([refresh, reason, unrecorded]).toEqual([undefined, 'foreign-refresh', undefined]);
    }
  });

  it('is ours, whatever its preferences, where the version was made for it', async () => {
    expect((await found(seen(), { ...to('4'), StartTime: new Date(NOW) })).refresh?.refreshId).toBe('r-9');
  });

  it('is not followed as ours where ours has no id yet', () => {
    const { refresh } = decide(ordered, circumstances()).memory;
    const state = { outcomes: 1, revision: 1, refresh: { ...refresh!, version: '3' } };
    const at = (isAsBegunHere: boolean) => {
      const active = known('InProgress', { id: 'r-9', version: '3', startedAt: NOW, isAsBegunHere });
      return decide({ ...ordered, state, refreshes: [active] }, circumstances());
    };
    expect([said(at(true)), at(true).act]).toEqual(['acted refresh-started', undefined]);
    expect(at(false).act).toBe('start');
  });
});

describe('an approval', () => {
  const observing = circumstances(policyWith({ mode: 'observe' }));
  const ruling = { kind: 'approved' as const, id: 'a', at: NOW - HOUR, requestedBy: 'somebody', why: 'tested' };
  const proposal = { target: NEW, at: NOW - HOUR, ruling };
  const approved = seen({ state: { outcomes: 1, revision: 1, fingerprint: 'x', proposal } });
  /** The answer to a request in a state, and the decision after the answer is saved. */
  const asking = (state: RefreshState, action: string, more: Partial<Observation> = {}) => {
    const { memory, proposal: ruled, ...told } = answer(seen({ state, ...more }), asked(action), observing);
    const next: RefreshState = JSON.parse(JSON.stringify({ ...state, ...memory, proposal: ruled }));
    return { told: said({ memory, ...told }), next: decide(seen({ state: next, ...more }), observing) };
  };
  const running = { refreshes: [known('InProgress')] };

  it('is used up by the delivery that begins the refresh at last, so that a rejection rolls that back', async () => {
    const { saved: intended } = await play(approved, 'StartInstanceRefresh', undefined, observing);
    expect(intended.proposal).toEqual(proposal);
    const { saved } = await play(seen({ state: intended }), undefined, undefined, observing);
    expect([saved.refresh?.refreshId, saved.proposal]).toEqual(['r-1', undefined]);
    const { told, next } = asking(saved, 'reject', running);
    expect([told, next.act]).toEqual(['waiting request-granted', 'roll-back']);
  });

  it('that is still known while the refresh runs neither hinders its rollback, nor begins another one', () => {
    const state = under({ proposal });
    const { told, next } = asking(state, 'reject', running);
    expect([told, next.act]).toEqual(['waiting request-granted', 'roll-back']);
    for (const status of ['InProgress', 'Failed']) {
      const followed = decide(seen({ state, refreshes: [known(status)] }), observing);
      expect([status, followed.proposal]).toEqual([status, undefined]);
    }
  });

  it('is used up by a start that AWS refuses: after a resume the refresh is proposed anew', async () => {
    const { saved } = await play(approved, 'StartInstanceRefresh', answers('AccessDenied'), observing);
    expect([saved.failures?.count, saved.proposal]).toEqual([1, undefined]);
    expect(said(asking(saved, 'resume').next)).toBe('would-act would-refresh');
  });

  it("stands where somebody else's refresh is first", async () => {
    const { saved } = await play(
      approved,
      'StartInstanceRefresh',
      answers('InstanceRefreshInProgressFault'),
      observing,
    );
    expect([saved.refresh, saved.proposal]).toEqual([undefined, proposal]);
  });

  it('of an undo is not given by what AWS refuses: the rejection stands', async () => {
    const rejected = { target: `undo ${NEW} ${OLD}`, at: NOW - HOUR, ruling: { ...ruling, kind: 'rejected' as const } };
    const { refresh: _, ...state } = under({ proposal: rejected, done: begun });
    const group = { source: { kind: 'version' as const, templateId: 'lt-1', version: '4' } };
    const { saved } = await play(seen({ state }, group), 'StartInstanceRefresh', answers('AccessDenied'));
    expect([saved.failures?.count, saved.proposal]).toEqual([1, rejected]);
  });
});
