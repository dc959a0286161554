import { describe, expect, it } from 'vitest';
import { AwsError } from './aws-error.ts';
import { account } from './wire-test-account.ts';

describe('AccountServer, asked for what it can not or must not do,', () => {
  it('says aloud which operation it does not implement', async () => {
    const { json, form, send } = account();
    const answers = [
      await json('ssm', 'LabelParameterVersion', {}),
      await form('ec2', { Action: 'TerminateInstances' }),
      await form('autoscaling', { Action: 'SetDesiredCapacity' }),
      await send('eks', 'DELETE', '/clusters/prod', {}, ''),
      await json('ssm', 'toString', {}),
    ];
    expect(answers.map(({ status }) => status)).toEqual([501, 501, 501, 501, 501]);
    const named = ['ssm.LabelParameterVersion', 'ec2.TerminateInstances', 'autoscaling.SetDesiredCapacity'];
    [...named, 'eks DELETE /clusters/prod', 'ssm.toString'].forEach((name, index) => {
      expect(answers[index]?.body).toContain(`The sandbox does not implement ${name}`);
    });
  });

  it('says aloud which parameter it does not implement', async () => {
    const { json, form, send, records } = account();
    const answers = [
      await json('ssm', 'GetParameters', { Names: ['/a'], WithDecryption: false }),
      await form('ec2', { Action: 'DescribeTags', NextToken: 'x' }),
      await send('eks', 'POST', '/clusters/a/node-groups/b/update-version', {}, '{"force":true}'),
    ];
    expect(answers.map(({ status }) => status)).toEqual([501, 501, 501]);
    [
      'ssm.GetParameters with the parameter WithDecryption',
      'ec2.DescribeTags with the parameter NextToken',
      'eks.UpdateNodegroupVersion with the parameter force',
    ].forEach((name, index) => {
      expect(answers[index]?.body).toContain(name);
    });
    expect(records.map(({ outcome }) => outcome)).toEqual(Array(3).fill('NotImplementedBySandbox'));
  });

  it('answers a dry run of EC2 as EC2 does, and carries nothing out', async () => {
    const { form } = account();
    const dry = await form('ec2', { Action: 'DescribeTags', DryRun: 'true' });
    expect(dry).toMatchObject({ status: 412, body: expect.stringContaining('<Code>DryRunOperation</Code>') });
    expect(await form('ec2', { Action: 'DescribeTags', DryRun: 'false' })).toMatchObject({ status: 200 });
  });

  it('takes null and unknown JSON members as absent, as AWS does', async () => {
    const { json, records } = account();
    expect(await json('ssm', 'GetParameters', { Names: ['/a'], WithDecryption: null, Unheard: 1 })).toMatchObject({
      status: 200,
      body: '{"InvalidParameters":[]}',
    });
    expect(records[0]?.input).toEqual({ Names: ['/a'] });
  });

  it('refuses input without its required members', async () => {
    const { json } = account();
    const answer = await json('ssm', 'GetParameters', {});
    const Message =
      "1 validation error detected: Value null at 'names' failed to satisfy constraint: Member must not be null";
    expect(answer).toMatchObject({ status: 400, type: 'ValidationException' });
    expect(JSON.parse(answer.body)).toEqual({ __type: 'ValidationException', Message });
  });

  it('looks for required members inside of lists, too', async () => {
    const { json } = account();
    const answer = await json('ssm', 'PutParameter', { Name: 'a', Tags: [{ Key: 'k', Value: 'v' }, {}] });
    expect(answer.body).toContain("3 validation errors detected: Value null at 'value'");
    expect(answer.body).toContain("'tags.2.member.key'");
  });

  it('refuses missing members in the words of each protocol', async () => {
    const { form } = account();
    expect((await form('autoscaling', { Action: 'StartInstanceRefresh' })).body).toContain(
      "<Code>ValidationError</Code><Message>1 validation error detected: Value null at 'autoScalingGroupName'",
    );
    expect((await form('ec2', { Action: 'RunInstances', MinCount: '1' })).body).toContain(
      '<Response><Errors><Error><Code>MissingParameter</Code><Message>The request must contain the parameter MaxCount</Message></Error></Errors><RequestID>',
    );
  });

  it.each([
    [{ Names: '/a' }, 'STRING_VALUE can not be converted to a List'],
    [{ Names: [7] }, 'NUMBER_VALUE can not be converted to a String'],
    [{ Names: [['/a']] }, 'Start of list found where not expected'],
    [{ Names: [{}] }, 'Start of structure or map found where not expected.'],
    ['{"Names":', 'The body is not JSON'],
  ])('refuses the JSON %j', async (body, message) => {
    const { json } = account();
    const answer = await json('ssm', 'GetParameters', body);
    expect(answer).toMatchObject({ status: 400, type: 'SerializationException' });
    expect(answer.body).toContain(message);
  });

  it.each([
    ['autoscaling', { Action: 'DescribeAutoScalingGroups', MaxRecords: 'ten' }, 'MalformedInput'],
    ['ec2', { Action: 'DescribeTags', MaxResults: 'ten' }, 'InvalidParameterValue'],
    ['ec2', {}, 'MissingAction'],
  ])('refuses the %s form %j', async (service, fields, code) => {
    const { form } = account();
    const answer = await form(service, fields);
    expect(answer.status).toBe(400);
    expect(answer.body).toContain(`<Code>${code}</Code>`);
  });

  it('refuses what is unsigned or for a service that it has not, in the protocol that the request speaks', async () => {
    const { json, form, send } = account();
    expect(await json('', 'GetParameters', {})).toMatchObject({ status: 403, type: 'MissingAuthenticationToken' });
    expect((await form('iam', { Action: 'ListRoles' })).body).toMatch(/^<\?xml.*<ErrorResponse>.*the service iam/s);
    expect(await send('lambda', 'GET', '/functions', {}, '')).toMatchObject({ status: 501 });
  });

  it('refuses keys that nobody has', async () => {
    const { json } = account({
      identify: () => {
        throw new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');
      },
    });
    expect(await json('ssm', 'GetParameters', { Names: [] })).toMatchObject({ type: 'UnrecognizedClientException' });
  });
});
