import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { functionResources, MINUTE, SECOND, servicesUnderTest } from '../../stack/services-under-test.ts';

const subscription = (FilterPattern: string) => ({
  Type: 'AWS::Logs::SubscriptionFilter',
  Properties: { LogGroupName: { Ref: 'Lines' }, FilterPattern, DestinationArn: { 'Fn::GetAtt': ['Teller', 'Arn'] } },
});

/** A log group whose lines of level ERROR go to a function that fails on demand. */
async function subscribed({ allowed = true, fails = false } = {}) {
  const account = servicesUnderTest({ behave: () => (fails ? { error: 'it fails' } : {}) });
  const permission = {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: { Ref: 'Teller' },
      Principal: 'logs.amazonaws.com',
      SourceArn: { 'Fn::GetAtt': ['Lines', 'Arn'] },
    },
  };
  const stack = await account.deploy({
    Lines: { Type: 'AWS::Logs::LogGroup', Properties: {} },
    ...functionResources('Teller'),
    ...(allowed && { Permission: permission }),
    Filter: subscription('{ $.level = "ERROR" }'),
  });
  const group = stack.ref('AWS::Logs::LogGroup');
  return {
    account,
    group,
    log: (level: string, n: number, stream = 'stream') =>
      account.logs.append(group, stream, JSON.stringify({ level, n })),
  };
}

/** The unpacked event of the function's invocation. */
function unpacked(event: unknown) {
  const { awslogs } = event as { awslogs: { data: string } };
  return JSON.parse(gunzipSync(Buffer.from(awslogs.data, 'base64')).toString('utf8'));
}

describe('a subscription filter', () => {
  it('brings matching lines of a stream together to the function, as CloudWatch Logs packs them', async () => {
    const { account, group, log } = await subscribed();
    log('ERROR', 1);
    log('INFO', 2);
    await account.play(SECOND);
    log('ERROR', 3);
    log('ERROR', 4, 'other');
    await account.play(MINUTE);
    const batches = account.invocations.map(({ event }) => unpacked(event));
    const linesOf = ({ logEvents }: { logEvents: Array<{ message: string }> }) =>
      logEvents.map(({ message }) => JSON.parse(message).n);
    expect(batches.map((batch) => [batch.logStream, linesOf(batch)])).toEqual([
      ['stream', [1, 3]],
      ['other', [4]],
    ]);
    expect(batches[0]).toMatchObject({
      messageType: 'DATA_MESSAGE',
      owner: '111122223333',
      logGroup: group,
      subscriptionFilters: [expect.any(String)],
      logEvents: [{ id: expect.stringMatching(/^\d{56}$/), timestamp: expect.any(Number) }, {}],
    });
  });

  it('invokes asynchronously: a function that fails is tried twice more', async () => {
    const { account, log } = await subscribed({ fails: true });
    log('ERROR', 1);
    await account.play(10 * MINUTE);
    expect(account.invocations).toHaveLength(3);
    expect(account.lambda.dropped).toHaveLength(1);
  });

  it('needs a permission of the function', async () => {
    const { account, log } = await subscribed({ allowed: false });
    log('ERROR', 1);
    await account.play(MINUTE);
    expect(account.invocations).toEqual([]);
    expect(account.deliveries.lost).toMatchObject([{ code: 'AccessDeniedException' }]);
  });

  it('is one of two at most', async () => {
    const account = servicesUnderTest();
    const filters = Object.fromEntries([1, 2, 3].map((n) => [`Filter${n}`, subscription('ERROR')]));
    const lines = { Type: 'AWS::Logs::LogGroup', Properties: {} };
    await expect(account.deploy({ Lines: lines, ...functionResources('Teller'), ...filters })).rejects.toThrow(
      'Resource limit exceeded.',
    );
  });
});
