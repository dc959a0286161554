import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, type QueryCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { parsePolicy } from '../../policy-document.ts';
import { UnreadableItems } from '../ledger/unreadable-items.ts';
import { managedRollouts, ownRollouts, readAllGroups } from './all-groups.ts';
import type { RolloutPolicy } from './rollout-policy.ts';

const NOW = Date.parse('2026-07-14T12:00:00Z');
const PAIR = '1.33/AL2023_x86_64_STANDARD';
const LATER = { cluster: 'prod', nodegroup: 'web' };
const policy = parsePolicy(
  JSON.stringify({
    upgrades: { waves: ['canary', 'prod'] },
    overrides: [{ name: 'first', match: { clusters: ['canary'] }, upgrades: { wave: 'canary' } }],
  }),
  'enforce',
) as RolloutPolicy;

/** A ledger whose queries find these items. */
function ledgerOf(...items: Array<{ readonly pk: string; readonly sk: string; readonly progress?: unknown }>) {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-central-1' }));
  documents.send = async ({ input }: QueryCommand) => ({
    Items: items.filter(({ pk }) => pk === input.ExpressionAttributeValues?.[':pk']),
  });
  return { documents, table: 't', unreadable: new UnreadableItems() };
}

const waitsFor = (name: string, why: string) => ({
  kind: 'unfinished',
  blockers: [{ key: { cluster: 'canary', nodegroup: name }, wave: 0, why }],
  unseen: [],
});

it.each([
  ['node-group', 'web'],
  ['refresh', 'self-managed:web'],
  ['node-class', 'karpenter:web'],
])('a later wave waits for a group of an earlier one whose item of %s cannot be read', async (pk, name) => {
  const groups = await readAllGroups(ledgerOf({ pk, sk: `canary/${name}`, progress: 'by hand' }));
  const candidate = { pair: PAIR, releaseVersion: '1.33.13-20260714' };
  expect(managedRollouts(groups, policy).entryOf(LATER, 1, candidate, 0, NOW)).toEqual(
    waitsFor(name, 'cannot be read in the ledger'),
  );
  const own = ownRollouts(groups, policy).entryOf(LATER, 1, { pair: 'CUSTOM', releaseVersion: 'ami-1' }, 0, NOW);
  expect(own.kind).toBe(pk === 'node-class' ? 'open' : 'unfinished');
});

it('nobody waits for a self-managed group that has no place in rollouts', async () => {
  const groups = await readAllGroups(ledgerOf({ pk: 'refresh', sk: 'canary/self-managed:web' }));
  const candidate = { pair: PAIR, releaseVersion: '1.33.13-20260714' };
  expect(managedRollouts(groups, policy).entryOf(LATER, 1, candidate, 0, NOW)).toEqual({ kind: 'open' });
});
