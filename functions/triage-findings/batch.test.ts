import { expect, it } from 'vitest';
import { sample as finding } from '../../events/inspector-package-finding.ts';
import { readBatch } from './batch.ts';

const record = (detail: object) =>
  ({
    body: JSON.stringify({ ...finding, detail: { ...finding.detail, ...detail } }),
    attributes: { ApproximateReceiveCount: '1' },
    eventSourceARN: 'arn:aws:sqs:eu-central-1:111122223333:queue',
  }) as never;
const on = (...ids: string[]) => ({ resources: ids.map((id) => ({ type: 'AWS_EC2_INSTANCE', id })) });

it('claims a finding for each of its instances, and for nothing else', () => {
  const image = { type: 'AWS_ECR_CONTAINER_IMAGE', id: 'arn:aws:ecr:eu-central-1:111122223333:repository/shop' };
  const { resources } = on('i-1', 'i-2', 'i-1');
  const { batch, malformed } = readBatch([record({ resources: [image, ...resources] })]);
  expect(malformed).toEqual([]);
  expect(batch.claims.map(({ instanceId }) => instanceId)).toEqual(['i-1', 'i-2']);
  expect(batch).toMatchObject({ received: 2, duplicates: 0 });
});

it('counts a finding twice only where it names the same instance in the same state', () => {
  const { batch } = readBatch([
    record(on('i-1')),
    record(on('i-1', 'i-2')),
    record({ ...on('i-1'), status: 'CLOSED' }),
  ]);
  expect(batch.claims.map(({ instanceId, isOpen }) => `${instanceId} ${isOpen}`)).toEqual([
    'i-1 true',
    'i-2 true',
    'i-1 false',
  ]);
  expect(batch).toMatchObject({ received: 4, duplicates: 1 });
});
