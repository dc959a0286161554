import { SSMClient } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { createPolicyReader } from './policy-reader.ts';

function reader(first: string) {
  let now = 0;
  let text = first;
  let version = 1;
  let calls = 0;
  const ssm = new SSMClient({ region: 'eu-central-1' });
  ssm.send = (async () => {
    calls++;
    return { Parameter: { Value: text, Version: version } };
  }) as unknown as SSMClient['send'];
  const read = createPolicyReader({
    ssm,
    clock: { now: () => now },
    parameter: 'policy',
    defaultMode: 'observe',
    reads: {},
    names: [],
  });
  return {
    read,
    calls: () => calls,
    pass: (ms: number) => {
      now += ms;
    },
    write: (next: string) => {
      text = next;
      version += 1;
    },
  };
}

it('asks once in thirty seconds, and parses a text once for as long as it stays the same', async () => {
  const { read, calls, pass } = reader('{}');
  const policy = await read();
  pass(29_999);
  expect(await read()).toBe(policy);
  expect(calls()).toBe(1);
  pass(1);
  expect(await read()).toBe(policy);
  expect(calls()).toBe(2);
});

it('has the version of the parameter with the policy', async () => {
  const { read, pass, write } = reader('{}');
  expect(await read()).toMatchObject({ version: 1 });
  pass(30_000);
  write('{}');
  expect(await read()).toMatchObject({ version: 2 });
});

it('parses a text that was changed, and the former one once it is back', async () => {
  const { read, pass, write } = reader('{}');
  const next = (text: string) => {
    pass(30_000);
    write(text);
    return read();
  };
  expect(await read()).toMatchObject({ killSwitch: false });
  expect(await next('{"killSwitch":true}')).toMatchObject({ killSwitch: true });
  expect(await next('{')).toMatchObject({ error: expect.stringContaining('not JSON') });
  expect(await next('{}')).toMatchObject({ killSwitch: false });
});

it('says of a secret what to do, instead of calling its cipher text no JSON', async () => {
  const ssm = new SSMClient({ region: 'eu-central-1' });
  ssm.send = (async () => ({
    Parameter: { Type: 'SecureString', Value: 'AQICAHh', Version: 1 },
  })) as unknown as SSMClient['send'];
  const clock = { now: () => 0 };
  const read = createPolicyReader({ ssm, clock, parameter: '/p', defaultMode: 'observe', reads: {}, names: [] });
  expect(await read()).toEqual({
    error: expect.stringMatching(/^The policy parameter \/p is a SecureString, .* delete it, and put .* String\.$/),
  });
});
