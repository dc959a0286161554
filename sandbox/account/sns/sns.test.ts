import {
  ListSubscriptionsByTopicCommand,
  ListTopicsCommand,
  NotFoundException,
  PublishCommand,
  SNSClient,
} from '@aws-sdk/client-sns';
import { expect, it } from 'vitest';
import { openQueue, SECOND, START, servicesUnderTest } from '../../stack/services-under-test.ts';

async function topicUnderTest() {
  const account = servicesUnderTest();
  const stack = await account.deploy({
    Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'news' } },
    Queue: { Type: 'AWS::SQS::Queue' },
    Policy: openQueue('Queue'),
    ByQueue: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'sqs', Endpoint: { 'Fn::GetAtt': ['Queue', 'Arn'] } },
    },
    ByMail: {
      Type: 'AWS::SNS::Subscription',
      Properties: { TopicArn: { Ref: 'Topic' }, Protocol: 'email', Endpoint: 'team@example.com' },
    },
  });
  return { account, stack, client: new SNSClient(account.clientConfig), TopicArn: stack.ref('AWS::SNS::Topic') };
}

it('takes a message in several forms, and brings each subscriber its own', async () => {
  const { account, stack, client, TopicArn } = await topicUnderTest();
  const publish = (message: object | string) => {
    const Message = typeof message === 'string' ? message : JSON.stringify(message);
    return client.send(new PublishCommand({ TopicArn, Message, MessageStructure: 'json' }));
  };
  await publish({ default: 'to all', email: 'by mail' });
  await publish({ default: 'to others', sqs: 'to queues' });
  await account.play(SECOND);
  const received = account.sqs.byUrl(stack.ref('AWS::SQS::Queue')).receive(10);
  expect(received.map(({ body }) => JSON.parse(body).Message).sort()).toEqual(['to all', 'to queues']);
  expect(account.sns.published.map(({ message, forms }) => [message, forms?.email])).toEqual([
    ['to all', 'by mail'],
    ['to others', undefined],
  ]);
  await expect(publish('{')).rejects.toThrow('JSON message body failed to parse');
  await expect(publish({ email: 'by mail' })).rejects.toThrow('No default entry in JSON message body');
});

it('keeps what is published, and brings it to queues', async () => {
  const { account, stack, client, TopicArn } = await topicUnderTest();
  const { MessageId } = await client.send(new PublishCommand({ TopicArn, Message: 'hello', Subject: 'Hi' }));
  await account.play(SECOND);
  expect(account.sns.published).toEqual([
    { topicArn: TopicArn, messageId: MessageId, subject: 'Hi', message: 'hello', at: START },
  ]);
  const [message] = account.sqs.byUrl(stack.ref('AWS::SQS::Queue')).receive(10);
  expect(JSON.parse(message?.body ?? '')).toMatchObject({
    Type: 'Notification',
    MessageId,
    TopicArn,
    Message: 'hello',
  });
});

it('lists topics and subscriptions', async () => {
  const { client, TopicArn } = await topicUnderTest();
  expect((await client.send(new ListTopicsCommand())).Topics).toEqual([{ TopicArn }]);
  const { Subscriptions } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  expect(Subscriptions?.map(({ Protocol }) => Protocol)).toEqual(['sqs', 'email']);
});

it('refuses what SNS refuses', async () => {
  const { client, TopicArn } = await topicUnderTest();
  const nowhere = new PublishCommand({ TopicArn: `${TopicArn}x`, Message: 'a' });
  await expect(client.send(nowhere)).rejects.toThrow(NotFoundException);
  const multiline = new PublishCommand({ TopicArn, Message: 'a', Subject: 'a\nb' });
  await expect(client.send(multiline)).rejects.toMatchObject({ name: 'InvalidParameterException' });
});
