import { AccessDeniedException, type ListCommandInvocationsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { readCommands } from './read-commands.ts';

it('a command that AWS lets nobody read keeps no other one from being read', async () => {
  const ssm = new SSMClient({ region: 'eu-central-1' });
  ssm.send = async ({ input: { CommandId } }: ListCommandInvocationsCommand) => {
    if (CommandId === 'hidden')
      throw new AccessDeniedException({ Message: 'not yours', message: 'not yours', $metadata: {} });
    return { CommandInvocations: [{ InstanceId: 'i-3', Status: 'InProgress' }] };
  };
  const asked = new Map([
    ['hidden', ['i-1', 'i-2']],
    ['shown', ['i-3']],
  ]);
  const unread = { kind: 'unread', why: 'AccessDeniedException: not yours' };
  expect(Object.fromEntries(await readCommands(ssm, asked))).toEqual({
    'hidden i-1': unread,
    'hidden i-2': unread,
    'shown i-3': { kind: 'running' },
  });
});
