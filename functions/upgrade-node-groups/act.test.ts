import { describe, expect, it } from 'vitest';
import { NEW_NODE_GROUP, type NodeGroupState } from '../shared/ledger/node-group-ledger.ts';
import { type ActDeps, carryOut } from './act.ts';
import { decide } from './decide.ts';
import { NOW, nodeGroup, observation } from './observation.fixture.ts';
import type { View } from './observation.ts';
import { policyOf } from './policy.fixture.ts';
import { rolloutsIn } from './waves.ts';

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
