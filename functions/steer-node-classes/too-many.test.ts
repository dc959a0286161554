import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { type NodeClassState, saveNodeClassState } from '../shared/ledger/node-class-ledger.ts';
import { whyTooMany } from './too-many.ts';

const STATE: NodeClassState = { outcomes: 1, revision: 1 };
const subjects = (cluster: string, count: number) =>
  new Map(Array.from({ length: count }, (_, index) => [`${cluster}/ec2nodeclass:old${index}`, STATE] as const));

it('a cluster that has new node classes again and again fills no ledger', () => {
  expect(whyTooMany(subjects('shop', 999), 'shop', ['old1', 'new'])).toBeUndefined();
  expect(whyTooMany(subjects('shop', 999), 'shop', ['new', 'newer'])).toMatch(/more than 1000 EC2NodeClasses/);
});

it('another cluster with a name that begins alike is not held by that', () => {
  expect(whyTooMany(subjects('shop', 5_000), 'shop-2', ['new'])).toBeUndefined();
});

it('a class that is gone is remembered for a week, so that the cluster is looked at again', async () => {
  const kept: number[] = [];
  const send = async ({ input }: { readonly input: { readonly Item: { readonly expiresAt: number } } }) => {
    kept.push(input.Item.expiresAt / 86_400);
  };
  const ledger = { documents: { send } as unknown as DynamoDBDocumentClient, table: 'ledger' };
  await saveNodeClassState(ledger, 'shop/ec2nodeclass:a', { ...STATE, reason: 'node-class-gone' }, 0, 'w');
  await saveNodeClassState(ledger, 'shop/ec2nodeclass:a', { ...STATE, reason: 'node-class-current' }, 0, 'w');
  expect(kept).toEqual([7, 400]);
});
