import type { SQSRecord } from 'aws-lambda';
import { MESSAGE_GROUP } from '../shared/intake/reconcile-queue.ts';

/** A message of the upgrade queue, as Lambda delivers it; an object becomes its JSON. */
export const sqsRecord = (body: object | string): SQSRecord => ({
  messageId: '059f36b4-87a3-44ab-83d2-661975830a7d',
  receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  attributes: {
    ApproximateReceiveCount: '1',
    SentTimestamp: '1784548800000',
    SenderId: 'AIDAIENQZJOLO23YVJ4VO',
    ApproximateFirstReceiveTimestamp: '1784548800001',
    MessageGroupId: MESSAGE_GROUP,
    MessageDeduplicationId: 'd',
  },
  messageAttributes: {},
  md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn:aws:sqs:eu-central-1:111122223333:upgrades.fifo',
  awsRegion: 'eu-central-1',
});
