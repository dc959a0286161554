import { describe, expect, it } from 'vitest';
import type { Call } from './account-server.ts';
import { AwsError } from './aws-error.ts';
import { ConnectionDropped } from './connection-dropped.ts';
import { account } from './wire-test-account.ts';

describe('AccountServer', () => {
  it('records each call with caller, permissions and virtual time', async () => {
    const { json, form, records } = account();
    const { date } = await json('ssm', 'PutParameter', { Name: 'a', Value: 'b' });
    await form('ec2', { Action: 'DescribeTags' });
    expect(date).toBe('Mon, 05 Jan 2026 10:00:00 GMT');
    expect(records).toMatchObject([
      {
        kind: 'call',
        function: 'watcher',
        roleLogicalId: 'watcherRole',
        service: 'ssm',
        operation: 'PutParameter',
        input: { Name: 'a', Value: 'b' },
        outcome: 'ok',
        at: '2026-01-05T10:00:00.000Z',
        permissions: [{ action: 'ssm:PutParameter', resource: 'arn:a' }],
      },
      { operation: 'DescribeTags', permissions: [{ action: 'ec2:DescribeTags', resource: '*' }] },
    ]);
  });

  it('lets `execute` refuse a call before it runs', async () => {
    const seen: Call[] = [];
    const { json, records } = account({
      execute: async (call) => {
        seen.push(call);
        throw new AwsError('ThrottlingException', 'Rate exceeded');
      },
    });
    expect(await json('ssm', 'PutParameter', { Name: 'a', Value: 'b' })).toMatchObject({ type: 'ThrottlingException' });
    expect(seen).toMatchObject([{ operation: 'PutParameter', permissions: [{ resource: 'arn:a' }] }]);
    expect(records).toMatchObject([{ outcome: 'ThrottlingException' }]);
  });

  it('lets `execute` drop the connection after the call ran', async () => {
    let ran = 0;
    const { json, records } = account({
      execute: async (_call, run) => {
        await run();
        ran += 1;
        throw new ConnectionDropped('reply lost');
      },
    });
    await expect(json('ssm', 'GetParameters', { Names: [] })).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(ran).toBe(1);
    expect(records).toMatchObject([{ operation: 'GetParameters', outcome: 'reply lost' }]);
  });

  it('answers a defect of its own with a 500 and reports it', async () => {
    const defects: unknown[] = [];
    const { json } = account({ onDefect: (error) => defects.push(error) });
    const entry = { Source: 's', DetailType: 't', Detail: '{}' };
    expect(await json('events', 'PutEvents', { Entries: [entry] })).toMatchObject({ status: 500 });
    expect(defects).toEqual([new TypeError('a defect')]);
  });
});
