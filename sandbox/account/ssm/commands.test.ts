import type { GetCommandInvocationResult, ListCommandInvocationsResult, SendCommandResult } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { MINUTE_MS, refusal, type TestAccount, testAccount } from '../../fleet/test-account.ts';
import { LATEST_AGENT_VERSION } from './agents.ts';

const UPDATE = 'AWS-UpdateSSMAgent';
const SCRIPT = 'AWS-RunShellScript';

/** A node group with old agents. */
const account = (ssm: object = {}, desiredSize = 1, seed = 1) =>
  testAccount(
    {
      clusters: [
        {
          name: 'c',
          version: '1.33',
          nodeGroups: [{ name: 'g', desiredSize, releaseVersion: '1.33.4-20260701', ssm: { latest: false, ...ssm } }],
        },
      ],
    },
    seed,
  );
const idsOf = (at: TestAccount) => at.state.instances.list().map(({ id }) => id);
const send = (at: TestAccount, input: object = {}): string =>
  at.call<SendCommandResult>('ssm', 'SendCommand', { DocumentName: UPDATE, InstanceIds: idsOf(at), ...input }).Command
    ?.CommandId ?? '';
const look = (at: TestAccount, CommandId: string, InstanceId = idsOf(at)[0]) =>
  at.call<GetCommandInvocationResult>('ssm', 'GetCommandInvocation', { CommandId, InstanceId });
const versions = (at: TestAccount) => at.state.agents.registered().map(({ version }) => version);

describe('an update of the agent', () => {
  it('does not exist at first, is pending, in progress, and then done: the version is the latest', async () => {
    const at = account();
    const id = send(at);
    expect(refusal(() => look(at, id))).toMatchObject({ code: 'InvocationDoesNotExist', status: 400 });
    const seen: string[] = [];
    for (let tenth = 0; tenth < 700; tenth += 1) {
      await at.play(100);
      try {
        const { Status = '' } = look(at, id);
        if (seen.at(-1) !== Status) seen.push(Status);
      } catch {
        expect(seen).toEqual([]);
      }
    }
    expect(seen).toEqual(['Pending', 'InProgress', 'Success']);
    expect(look(at, id)).toMatchObject({
      CommandId: id,
      DocumentName: UPDATE,
      PluginName: 'aws:updateSsmAgent',
      ResponseCode: 0,
      StatusDetails: 'Success',
      StandardOutputContent: expect.stringContaining(
        `amazon-ssm-agent updated successfully to ${LATEST_AGENT_VERSION}`,
      ),
      ExecutionStartDateTime: expect.stringMatching(/^2026-07-14T12:00:0\d\.\d{3}Z$/),
      ExecutionElapsedTime: expect.stringMatching(/^PT[2-6]\d(\.\d+)?S$/),
    });
    expect(versions(at)).toEqual([LATEST_AGENT_VERSION]);
  });

  it('announces each step', async () => {
    const at = account();
    const id = send(at);
    await at.play(2 * MINUTE_MS);
    const detail = {
      'command-id': id,
      'document-name': UPDATE,
      'instance-id': idsOf(at)[0],
      'requested-date-time': '2026-07-14T12:00:00.000Z',
    };
    const event = { source: 'aws.ssm', detailType: 'EC2 Command Invocation Status-change Notification' };
    expect(at.events.filter(({ source }) => source === 'aws.ssm')).toMatchObject([
      {
        ...event,
        resources: [`arn:aws:ec2:eu-central-1:111122223333:instance/${idsOf(at)[0]}`],
        detail: { ...detail, status: 'InProgress' },
      },
      { ...event, detail: { ...detail, status: 'Success' } },
    ]);
  });

  it('fails as often as it is told to', async () => {
    const at = account({ commands: { updateFails: 'Failed', times: 1 } });
    const first = send(at);
    await at.play(2 * MINUTE_MS);
    expect(look(at, first)).toMatchObject({ Status: 'Failed', ResponseCode: 1, StandardOutputContent: '' });
    expect(look(at, first).StandardErrorContent).toContain('failed to update');
    expect(versions(at)).not.toEqual([LATEST_AGENT_VERSION]);
    const second = send(at);
    await at.play(2 * MINUTE_MS);
    expect(look(at, second).Status).toBe('Success');
  });

  it('times out where no agent takes it in time', async () => {
    const at = account({ commands: { updateFails: 'TimedOut' } });
    const id = send(at, { TimeoutSeconds: 600 });
    await at.play(10 * MINUTE_MS - 1000);
    expect(look(at, id)).toMatchObject({ Status: 'Pending', ResponseCode: -1, ExecutionStartDateTime: '' });
    await at.play(2000);
    expect(look(at, id)).toMatchObject({ Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut', ResponseCode: -1 });
  });

  it('times out where the agent falls silent before it takes it', async () => {
    const at = account();
    const id = send(at, { TimeoutSeconds: 60 });
    const [group] = at.state.autoScalingGroups.list();
    at.state.autoScalingGroups.terminate(group!, at.state.instances.list()[0]!, 10 * MINUTE_MS);
    await at.play(MINUTE_MS + 1000);
    expect(look(at, id)).toMatchObject({ Status: 'TimedOut', StatusDetails: 'DeliveryTimedOut' });
  });

  it.each([
    ['to the version that is there', { version: ['3.2.1705.0'] }, 'Success', '3.2.1705.0'],
    ['to an older version', { version: ['3.1.0.0'] }, 'Failed', '3.2.1705.0'],
    ['to an older version, allowed', { version: ['3.1.0.0'], allowDowngrade: ['true'] }, 'Success', '3.1.0.0'],
    ['to a certain version', { version: ['3.3.1.0'] }, 'Success', '3.3.1.0'],
  ])('%s ends accordingly', async (_what, Parameters, status, version) => {
    const at = account();
    const id = send(at, { Parameters });
    await at.play(2 * MINUTE_MS);
    expect(look(at, id).Status).toBe(status);
    expect(versions(at)).toEqual([version]);
  });

  it('runs on so many instances at a time, and stops after so many failures', async () => {
    const at = account({ commands: { updateFails: 'Failed', times: 1 } }, 4);
    const id = send(at, { MaxConcurrency: '1' });
    await at.play(10 * MINUTE_MS);
    const states = idsOf(at).map((instance) => look(at, id, instance).StatusDetails);
    expect(states).toEqual(['Failed', 'Terminated', 'Terminated', 'Terminated']);

    const again = send(at, { MaxConcurrency: '25%', MaxErrors: '0' });
    await at.play(10 * MINUTE_MS);
    const ends = idsOf(at).map((instance) => look(at, again, instance));
    expect(ends.map(({ Status }) => Status)).toEqual(Array(4).fill('Success'));
    const starts = ends.map(({ ExecutionStartDateTime = '' }) => ExecutionStartDateTime);
    expect(starts.slice(1).every((start, index) => start > (ends[index]?.ExecutionEndDateTime ?? ''))).toBe(true);
  });

  it('fails on Bottlerocket', async () => {
    const at = testAccount({
      clusters: [
        {
          name: 'c',
          version: '1.33',
          nodeGroups: [
            {
              name: 'g',
              amiType: 'BOTTLEROCKET_x86_64',
              releaseVersion: '1.42.0-1f3d7a2b',
              desiredSize: 1,
              ssm: { latest: false },
            },
          ],
        },
      ],
    });
    const id = send(at);
    await at.play(2 * MINUTE_MS);
    expect(look(at, id).Status).toBe('Failed');
  });
});

describe('a shell script', () => {
  it('prints what the fleet file says, cut at 24,000 characters', async () => {
    const script = { output: 'x'.repeat(30_000), errorOutput: 'y'.repeat(9000), exitCode: 3 };
    const at = account({ commands: { script } });
    const id = send(at, { DocumentName: SCRIPT, Parameters: { commands: ['true'] } });
    await at.play(MINUTE_MS);
    const { Status, ResponseCode, StandardOutputContent, StandardErrorContent } = look(at, id);
    expect([Status, ResponseCode]).toEqual(['Failed', 3]);
    expect([StandardOutputContent?.length, StandardErrorContent?.length]).toEqual([24_000, 8000]);
  });

  it('is refused aloud where nothing says what it prints', () => {
    const input = { DocumentName: SCRIPT, Parameters: { commands: ['true'] } };
    expect(refusal(() => send(account(), input))).toMatchObject({ code: 'NotImplementedBySandbox', status: 501 });
  });
});

describe('SendCommand', () => {
  it.each<[string, object, string]>([
    ['a document that does not exist', { DocumentName: 'AWS-Nothing' }, 'InvalidDocument'],
    ['a version that it does not have', { DocumentVersion: '7' }, 'InvalidDocumentVersion'],
    ['a malformed version', { DocumentVersion: '0' }, 'ValidationException'],
    ['a parameter that it does not take', { Parameters: { versoin: ['1'] } }, 'InvalidParameters'],
    ['a value that is not allowed', { Parameters: { allowDowngrade: ['maybe'] } }, 'InvalidParameters'],
    ['a script without commands', { DocumentName: SCRIPT }, 'InvalidParameters'],
    ['no instance', { InstanceIds: [] }, 'ValidationException'],
    ['a malformed instance id', { InstanceIds: ['worker'] }, 'ValidationException'],
    [
      '51 instances',
      { InstanceIds: Array.from({ length: 51 }, (_, index) => `i-${10_000_000 + index}`) },
      'ValidationException',
    ],
    ['an instance twice', { InstanceIds: ['i-12345678', 'i-12345678'] }, 'DuplicateInstanceId'],
    ['too short a time', { TimeoutSeconds: 29 }, 'ValidationException'],
    ['a comment that is too long', { Comment: 'x'.repeat(101) }, 'ValidationException'],
    ['a bad concurrency', { MaxConcurrency: '0' }, 'ValidationException'],
  ])('refuses %s', (_what, input, code) => {
    expect(refusal(() => send(account(), input))).toMatchObject({ code, status: 400 });
  });

  it('refuses them all when one instance is not online, and does not say that in the code', () => {
    const at = account({ agent: 'dead' });
    const [lost] = idsOf(at);
    expect(refusal(() => send(at))).toMatchObject({
      code: 'InvalidInstanceId',
      message: `Instances [[${lost}]] not in a valid state for account 111122223333`,
    });
    expect(refusal(() => send(at, { InstanceIds: ['i-00000000000000000'] })).code).toBe('InvalidInstanceId');
  });

  it('asks IAM for the document and each instance with its tags', () => {
    const at = account();
    const [id] = idsOf(at);
    const input = { DocumentName: UPDATE, InstanceIds: [id] };
    expect(at.service('ssm').operations.SendCommand?.permissions?.(input as never)).toMatchObject([
      { action: 'ssm:SendCommand', resource: `arn:aws:ssm:eu-central-1::document/${UPDATE}` },
      {
        action: 'ssm:SendCommand',
        resource: `arn:aws:ec2:eu-central-1:111122223333:instance/${id}`,
        context: { 'ssm:resourceTag/eks:cluster-name': 'c', 'aws:ResourceTag/eks:cluster-name': 'c' },
      },
    ]);
  });
});

describe('GetCommandInvocation and ListCommandInvocations', () => {
  it.each([
    [{ CommandId: 'x', InstanceId: 'i-12345678' }, 'InvalidCommandId'],
    [{ CommandId: '00000000-0000-4000-8000-000000000000', InstanceId: 'i-12345678' }, 'InvocationDoesNotExist'],
  ])('refuse %o', (input, code) => {
    expect(refusal(() => account().call('ssm', 'GetCommandInvocation', input)).code).toBe(code);
  });

  it('list invocations of a command or an instance, page by page', async () => {
    const at = account({}, 3);
    const [first, second] = [send(at), send(at, { InstanceIds: idsOf(at).slice(0, 1) })];
    const list = (input: object) => at.call<ListCommandInvocationsResult>('ssm', 'ListCommandInvocations', input);
    expect(list({}).CommandInvocations).toEqual([]);
    await at.play(2 * MINUTE_MS);
    expect(list({}).CommandInvocations).toHaveLength(4);
    expect(list({ CommandId: second }).CommandInvocations).toHaveLength(1);
    expect(list({ InstanceId: idsOf(at)[0] }).CommandInvocations).toHaveLength(2);
    const page = list({ CommandId: first, MaxResults: 2, Details: true });
    expect(page.CommandInvocations?.[0]?.CommandPlugins).toMatchObject([
      { Name: 'aws:updateSsmAgent', Status: 'Success', ResponseCode: 0 },
    ]);
    expect(list({ CommandId: first, MaxResults: 2, NextToken: page.NextToken }).CommandInvocations).toHaveLength(1);
    expect(refusal(() => list({ MaxResults: 51 })).code).toBe('ValidationException');
  });
});
