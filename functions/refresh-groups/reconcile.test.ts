import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { sample } from '../../events/refresh-reconcile-request.ts';
import { NOW, policyWith, under } from './model/observation.fixture.ts';
import { type ReconcileDeps, reconcile } from './reconcile.ts';

type Call = {
  readonly constructor: { readonly name: string };
  readonly input: {
    readonly Item?: { readonly sk: string };
    readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>>;
    readonly RequestItems?: Readonly<Record<string, { readonly Keys: ReadonlyArray<{ readonly pk: string }> }>>;
  };
};

const GROUPS = ['shop/self-managed:one', 'shop/self-managed:two', 'shop/self-managed:three'];

/**
 * Reconciles a cluster with three groups whose refreshes are in progress. AWS shows none of the groups, so each is to
 * be reconciled again.
 * @param failing the number of the wake-up, from 1, that cannot be scheduled
 */
async function play(failing: number) {
  const woken: string[] = [];
  const put: string[] = [];
  const answering = <Client extends { send: unknown }>(
    client: Client,
    answer: (name: string, input: Call['input']) => object,
  ): Client =>
    Object.assign(client, {
      send: async ({ constructor: { name }, input }: Call) => {
        if (input.Item !== undefined) put.push(input.Item.sk);
        return { ...answer(name, input), $metadata: {} };
      },
    });
  const region = 'eu-central-1';
  const items = GROUPS.map((sk) => ({ sk, ...under() }));
  const documents = answering(DynamoDBDocumentClient.from(new DynamoDBClient({ region })), (name, input) => {
    const { RequestItems, ExpressionAttributeValues = {} } = input;
    // Of other kinds of items there are none.
    if (name === 'QueryCommand')
      return { Items: Object.values(ExpressionAttributeValues).includes('refresh') ? items : [] };
    const isOfRefreshes = RequestItems?.ledger?.Keys.some(({ pk }) => pk === 'refresh');
    return { Responses: { ledger: isOfRefreshes ? items.map((item) => ({ pk: 'refresh', ...item })) : [] } };
  });
  const deps = {
    account: '111122223333',
    region,
    caller: 'a test',
    clock: { now: () => NOW },
    readPolicy: async () => policyWith({}),
    recorder: { record: () => undefined, gauge: () => undefined },
    queue: { url: 'requests.fifo' },
    ledger: { documents, table: 'ledger' },
    autoScaling: answering(new AutoScalingClient({ region }), () => ({ AutoScalingGroups: [] })),
    ec2: answering(new EC2Client({ region }), () => ({ Reservations: [] })),
    eks: answering(new EKSClient({ region }), () => ({ cluster: { name: 'shop', version: '1.33', tags: {} } })),
    wake: async (subject: string) => {
      woken.push(subject);
      if (woken.length === failing) throw new Error('The schedule cannot be made.');
    },
  } as unknown as ReconcileDeps;
  const message = {
    messageId: 'm',
    body: JSON.stringify(sample),
    attributes: {},
    eventSourceARN: 'arn:aws:sqs:eu-central-1:111122223333:queue',
  } as SQSRecord;
  const outcome = await reconcile(deps, [message]).then(
    () => 'completed',
    (error: unknown) => (error instanceof AggregateError ? error.errors : [error]).map((each: Error) => each.message),
  );
  return { outcome, woken, put };
}

describe('a wake-up that cannot be scheduled', () => {
  it('stops no other group, and has the batch delivered again', async () => {
    const { put, woken, outcome } = await play(0);
    expect([put, woken, outcome]).toEqual([GROUPS, GROUPS.map((subject) => `refresh ${subject}`), 'completed']);
    const failed = await play(1);
    expect([failed.put, failed.woken]).toEqual([put, woken]);
    expect(failed.outcome).toEqual(['The schedule cannot be made.']);
  });
});
