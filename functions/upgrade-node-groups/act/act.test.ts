import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { NEW_NODE_GROUP, NodeGroupConflict, type NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import { rolloutsIn } from '../../shared/rollouts/waves.ts';
import { decide } from '../decide/decide.ts';
import { type Decision, say } from '../model/decision.ts';
import { NOW, nodeGroup, observation } from '../model/observation.fixture.ts';
import type { View } from '../model/observation.ts';
import { policyOf } from '../policy.fixture.ts';
import { type ActDeps, carryOut } from './act.ts';

const policy = policyOf({
  upgrades: { waves: ['canary', 'prod'] },
  overrides: [{ name: 'first', match: { clusters: ['canary-*'] }, upgrades: { wave: 'canary' } }],
});
const anywhere = { policy, now: NOW, account: '111122223333', slots: {} };

/** What the ledger holds of a group of the first wave once a decision about it was carried out. */
async function savedOf(view: View, state: NodeGroupState): Promise<NodeGroupState | undefined> {
  let saved: NodeGroupState | undefined;
  const documents = {
    send: async ({ input }: { input: { Item: NodeGroupState } }) => {
      saved = input.Item;
    },
  };
  const deps = {
    ledger: { documents, table: 't' },
    recorder: { record: () => undefined },
    wake: async () => undefined,
  };
  const seen = observation(view, state, { cluster: 'canary-1', nodegroup: 'old' });
  const decision = decide(seen, { ...anywhere, rollouts: rolloutsIn(new Map(), policy) });
  await carryOut(deps as unknown as ActDeps, { observation: seen, decision }, anywhere);
  return saved;
}

describe('what is saved of a node group of an earlier wave', () => {
  const entryOf = (state: NodeGroupState) => {
    const candidate = { pair: '1.33/AL2023_x86_64_STANDARD', releaseVersion: '1.33.13-20260714' };
    const rollouts = rolloutsIn(new Map([['canary-1/old', state]]), policy);
    return rollouts.entryOf({ cluster: 'prod-1', nodegroup: 'a' }, 1, candidate, 0, NOW).kind;
  };

  it('keeps no later one waiting once it is gone, though it is kept', async () => {
    const known = await savedOf(nodeGroup({ tags: { 'eks-host-remediator:ignore': '' } }), NEW_NODE_GROUP);
    expect(known?.progress).toMatchObject({ isLeftAlone: true });
    const gone = await savedOf({ kind: 'gone' }, known!);
    expect(gone).toMatchObject({ reason: 'node-group-gone' });
    expect([entryOf({ ...gone!, reason: 'up-to-date' }), entryOf(gone!)]).toEqual(['unfinished', 'open']);
  });
});

describe('two reconciles of a node group side by side', () => {
  /** A table that heeds the one condition of a save. */
  function tableOf(first: NodeGroupState | undefined) {
    let item = first;
    const send = async ({ input }: { input: { Item: NodeGroupState; ExpressionAttributeValues: object } }) => {
      const read = (input.ExpressionAttributeValues as Record<string, unknown>)[':read'];
      if (item?.revision !== undefined && item.revision !== read) {
        throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} });
      }
      item = input.Item;
    };
    return { documents: { send }, item: () => item };
  }
  const depsOf = (documents: object, caller: string, rest: object = {}) =>
    ({
      ledger: { documents, table: 't' },
      recorder: { record: () => undefined },
      wake: async () => undefined,
      caller,
      ...rest,
    }) as unknown as ActDeps;
  const upgrade = { releaseVersion: '1.33.13-20260714', attempt: 1, requestedAt: NOW };
  const starting: Decision = {
    ...say('acted', 'upgrade-started', 'It begins.', { upgrade }, '1'),
    start: { version: '1.33', firstSeenAt: 0, force: false },
  };
  const waiting: Decision = say('waiting', 'cluster-concurrency', 'Full.', {}, '1');

  it.each([
    ['never been seen', undefined],
    ['been kept by an earlier release', { outcomes: 4 }],
    ['been kept', { outcomes: 4, revision: 9 }],
  ])('lose nothing of each other where the group has %s: the later one is to read again', async (_what, known) => {
    const asked: unknown[] = [];
    const eks = {
      send: async (command: unknown) => {
        asked.push(command);
        return { update: { id: 'u-1' }, $metadata: {} };
      },
    };
    const { documents, item } = tableOf(known);
    const seen = observation(nodeGroup(), known ?? NEW_NODE_GROUP);
    const begin = (caller: string) =>
      carryOut(depsOf(documents, caller, { eks }), { observation: seen, decision: starting }, anywhere);
    await begin('first');
    expect(item()?.upgrade).toMatchObject({ ...upgrade, updateId: 'u-1' });
    await expect(begin('second')).rejects.toThrow(NodeGroupConflict);
    const other = depsOf(documents, 'third');
    await expect(carryOut(other, { observation: seen, decision: waiting }, anywhere)).rejects.toThrow(
      NodeGroupConflict,
    );
    expect(item()?.upgrade).toMatchObject({ ...upgrade, updateId: 'u-1' });
    expect(asked).toHaveLength(1);
    // Whoever reads again goes on, also about a group that was made anew by the same name.
    const { upgrade: begun, revision } = item() ?? NEW_NODE_GROUP;
    const again = observation(nodeGroup(), { outcomes: 5, upgrade: begun!, revision: revision! });
    await carryOut(other, { observation: again, decision: waiting }, anywhere);
    expect(item()).toMatchObject({ reason: 'cluster-concurrency' });
  });

  it('write nothing where nothing is new', async () => {
    let saves = 0;
    const documents = { send: async () => void saves++ };
    const seen = observation(nodeGroup(), NEW_NODE_GROUP);
    const { documents: first, item } = tableOf(undefined);
    await carryOut(depsOf(first, 'first'), { observation: seen, decision: waiting }, anywhere);
    const {
      pk: _,
      sk: __,
      writer: ___,
      version: ____,
      expiresAt: _____,
      ...known
    } = item() as never as Record<string, never>;
    const again = observation(nodeGroup(), known as never as NodeGroupState);
    await carryOut(depsOf(documents, 'second'), { observation: again, decision: waiting }, anywhere);
    expect(saves).toBe(0);
  });
});

describe('an AWS call that fails for a node group', () => {
  const RELEASE = '1.33.13-20260714';
  const ruling = { kind: 'approved', id: 'r-0', at: NOW, requestedBy: 'ada', why: 'seen' } as const;
  const state = { ...NEW_NODE_GROUP, proposal: { target: RELEASE, at: NOW, ruling } };
  const template = { templateId: 'lt-1', templateName: 'nodes', version: 3, tags: {}, data: { ImageId: 'ami-1' } };
  const upgrade = { releaseVersion: RELEASE, attempt: 1, requestedAt: NOW };
  const starting: Decision = {
    ...say('acted', 'upgrade-started', 'It begins.', { upgrade }, '1'),
    start: {
      version: '1.33',
      firstSeenAt: 0,
      force: false,
      template: { from: template, change: { imageId: 'ami-2' } },
    },
    wakeAt: NOW + 60_000,
  };
  const fails = async () => {
    throw Object.assign(new Error('no'), { name: 'UnheardOfException', $metadata: { httpStatusCode: 400 } });
  };
  const failsOnce = () => {
    let calls = 0;
    return async () => (calls++ === 0 ? fails() : undefined);
  };

  /** What the ledger and the recorder get from a decision while some calls fail. */
  async function carriedOut(decision: Decision, calls: object, known: NodeGroupState = state) {
    const saved: NodeGroupState[] = [];
    const deps = {
      ledger: {
        documents: { send: async ({ input }: { input: { Item: NodeGroupState } }) => saved.push(input.Item) },
        table: 't',
      },
      ec2: {
        send: async () => ({
          LaunchTemplateVersion: { VersionNumber: 4, LaunchTemplateData: { ImageId: 'ami-2' } },
          $metadata: {},
        }),
      },
      eks: { send: async () => ({ update: { id: 'u-1' }, $metadata: {} }) },
      recorder: { record: () => undefined },
      wake: async () => undefined,
      ...calls,
    };
    const decided = { observation: observation(nodeGroup(), known), decision };
    const { decision: last } = await carryOut(deps as unknown as ActDeps, decided, anywhere);
    return { last, saved: saved.at(-1) };
  }

  it.each([
    ['the start', { eks: { send: fails } }],
    ['the wake-up', { wake: failsOnce() }],
  ])('at %s leaves what was approved and what may have begun as they were saved', async (_, calls) => {
    const { last, saved } = await carriedOut(starting, calls);
    expect(last).toMatchObject({ reason: 'unreadable', isSilent: true });
    // Without an id, the next look searches for the update by its version, and tells that it has begun.
    const former = { templateId: 'lt-1', imageId: template.data.ImageId };
    expect(saved?.upgrade).toEqual({ ...upgrade, templateVersion: 4, former });
    expect(saved?.proposal).toEqual(state.proposal);
  });

  it('leaves a group its place in the line, behind whoever can be called meanwhile, and what waves know of it', async () => {
    const turn = { published: 0, mayStartAt: NOW - 60_000, hasFailed: false, releaseVersion: RELEASE };
    const progress = {
      pair: '1.33/AL2023_x86_64_STANDARD',
      runs: { releaseVersion: '1.33.12-20260625', since: NOW },
      health: 'well' as const,
      seenAt: NOW,
      isLeftAlone: true as const,
    };
    const waits: Decision = { ...say('waiting', 'cluster-concurrency', 'Full.', {}, '1'), turn, wakeAt: NOW + 60_000 };
    const { last, saved } = await carriedOut(waits, { wake: failsOnce() }, { ...NEW_NODE_GROUP, turn, progress });
    expect(saved).toMatchObject({ turn: { ...turn, mayStartAt: last.memory.obstacle?.until }, progress });
  });

  it('is told as what it is where the ledger does not take the version that was made', async () => {
    for (const name of ['UnheardOfException', 'ThrottlingException']) {
      let saves = 0;
      const send = async () => {
        if (++saves === 2) throw Object.assign(new Error('no'), { name, $metadata: { httpStatusCode: 400 } });
      };
      const change = { imageId: 'ami-2', withoutKeyPair: true } as const;
      const withoutKey = { ...starting, start: { ...starting.start!, template: { from: template, change } } };
      const { last } = await carriedOut(withoutKey, {
        ledger: { documents: { send }, table: 't' },
        eks: { send: () => expect.fail('EKS was asked for a version that nobody remembers') },
      });
      expect([last.reason, last.message]).toEqual(['unreadable', `${name}: no`]);
    }
  });

  it('where a check of posture is asked for after an upgrade keeps its end from nothing, and is told', async () => {
    const underWay = { ...state, upgrade: { ...upgrade, updateId: 'u-1' } };
    const ended: Decision = { ...say('done', 'upgraded', 'It runs it.', {}, RELEASE), releaseVersion: RELEASE };
    const troubles: unknown[] = [];
    const onTrouble = (error: unknown) => troubles.push(error);
    const calls = { postureQueue: { sqs: { send: fails }, url: 'u' }, onTrouble };
    const { last, saved } = await carriedOut(ended, calls, underWay);
    expect([last.reason, saved?.upgrade, saved?.reason]).toEqual(['upgraded', undefined, 'upgraded']);
    expect(troubles).toEqual([expect.objectContaining({ name: 'UnheardOfException' })]);
  });

  it('leaves what was recorded as it was saved, where the ledger does not take that it is recorded', async () => {
    const waits: Decision = { ...say('waiting', 'baking', 'It bakes.', {}, '1'), wakeAt: NOW + 60_000 };
    const told: string[] = [];
    const saved: NodeGroupState[] = [];
    const send = async ({ input }: { input: { Item: NodeGroupState } }) => {
      if (saved.length === 1) {
        saved.push(input.Item);
        await fails();
      }
      saved.push(input.Item);
    };
    await carriedOut(waits, {
      ledger: { documents: { send }, table: 't' },
      recorder: { record: ({ fingerprint }: { fingerprint: string }) => told.push(fingerprint) },
    });
    expect(saved[0]).toMatchObject({ outcomes: 1, fingerprint: 'baking 1' });
    expect(saved.at(-1)).toMatchObject({ outcomes: 1, fingerprint: 'baking 1' });
    expect(new Set(told)).toEqual(new Set(['1 baking 1']));
  });

  it('is thrown where an operator waits for an answer, which the next delivery gives', async () => {
    const answer: Decision = {
      ...say('done', 'request-granted', 'Approved.', {}, 'r-0'),
      answers: 'r-0',
      wakeAt: NOW + 60_000,
    };
    await expect(carriedOut(answer, { wake: failsOnce() })).rejects.toThrow('no');
  });
});
