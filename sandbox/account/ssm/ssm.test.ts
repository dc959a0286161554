import type { GetParametersByPathResult, GetParametersResult } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { refusal, type TestAccount, testAccount } from '../../fleet/test-account.ts';
import { AL2023, BOTTLEROCKET, fleet, value } from './ssm.fixture.ts';

describe('GetParameters', () => {
  const get = (at: TestAccount, Names: string[]) => at.call<GetParametersResult>('ssm', 'GetParameters', { Names });

  it('lists the names that do not exist', () => {
    const answer = get(testAccount(fleet), [`${AL2023}/release_version`, '/no/such', `${BOTTLEROCKET}/image_version`]);
    expect(answer.Parameters?.map(({ Value }) => Value)).toEqual(['1.33.4-20260709', '1.30.0-ca9b9399']);
    expect(answer.InvalidParameters).toEqual(['/no/such']);
  });

  it('takes ten names, not eleven', () => {
    const names = Array.from({ length: 11 }, (_, index) => `/n${index}`);
    expect(get(testAccount(fleet), names.slice(1)).InvalidParameters).toHaveLength(10);
    expect(refusal(() => get(testAccount(fleet), names))).toMatchObject({
      code: 'ValidationException',
      message: expect.stringContaining('Member must have length less than or equal to 10'),
    });
    expect(refusal(() => get(testAccount(fleet), [])).code).toBe('ValidationException');
  });
});

describe('GetParametersByPath', () => {
  const names = (at: TestAccount, input: object) => {
    const found: string[] = [];
    let NextToken: string | undefined;
    do {
      const page = at.call<GetParametersByPathResult>('ssm', 'GetParametersByPath', { ...input, NextToken });
      expect(page.Parameters?.length).toBeLessThanOrEqual(10);
      found.push(...(page.Parameters ?? []).map(({ Name = '' }) => Name));
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return found;
  };

  it('gives one level, or all below', () => {
    const at = testAccount(fleet);
    expect(names(at, { Path: AL2023 })).toEqual([`${AL2023}/image_id`, `${AL2023}/release_version`]);
    expect(names(at, { Path: '/aws/service/eks/optimized-ami/1.32' })).toEqual([]);
    expect(names(at, { Path: '/aws/service/eks/optimized-ami/1.32', Recursive: true, MaxResults: 4 })).toHaveLength(9);
    expect(names(at, { Path: '/aws/service', Recursive: true })).toHaveLength(3 + 2 + 1 + 9);
  });

  it.each([{ Path: 'aws' }, { Path: '/a', MaxResults: 11 }])('refuses %o', (input) => {
    expect(refusal(() => testAccount(fleet).call('ssm', 'GetParametersByPath', input)).code).toBe(
      'ValidationException',
    );
  });
});

describe('a version of a parameter', () => {
  const written = () => {
    const at = testAccount(fleet);
    for (const Value of ['one', 'two']) {
      at.call('ssm', 'PutParameter', { Name: '/policy', Value, Type: 'String', Overwrite: true });
    }
    return at;
  };

  it('is read by its number after the name', () => {
    const Names = ['/policy:1', '/policy:2', '/policy:3', '/none:1'];
    const { Parameters, InvalidParameters } = written().call<GetParametersResult>('ssm', 'GetParameters', { Names });
    expect(Parameters).toMatchObject([
      { Name: '/policy', Value: 'one', Version: 1, Selector: ':1' },
      { Name: '/policy', Value: 'two', Version: 2, Selector: ':2' },
    ]);
    expect(InvalidParameters).toEqual(['/policy:3', '/none:1']);
  });

  it.each([
    ['/policy:3', 'ParameterVersionNotFound'],
    ['/policy:label', 'ParameterVersionNotFound'],
    ['/none:3', 'ParameterNotFound'],
  ])('is told to be missing: %s', (Name, code) => {
    const at = written();
    expect(refusal(() => at.call('ssm', 'GetParameter', { Name }))).toMatchObject({ code });
  });
});

describe('PutParameter', () => {
  const put = (at: TestAccount, input: object) =>
    at.call('ssm', 'PutParameter', { Name: '/policy', Value: '{}', Type: 'String', ...input });

  it('creates, then overwrites when told to, and announces both', () => {
    const at = testAccount(fleet);
    expect(put(at, {})).toEqual({ Version: 1, Tier: 'Standard' });
    expect(refusal(() => put(at, { Value: 'x' }))).toMatchObject({ code: 'ParameterAlreadyExists' });
    expect(put(at, { Value: '{"a":1}', Overwrite: true, Description: 'mine' })).toEqual({
      Version: 2,
      Tier: 'Standard',
    });
    expect(value(at, '/policy')).toBe('{"a":1}');
    expect(value(at, 'arn:aws:ssm:eu-central-1:111122223333:parameter/policy')).toBe('{"a":1}');
    expect(at.events).toMatchObject([
      {
        source: 'aws.ssm',
        detailType: 'Parameter Store Change',
        resources: ['arn:aws:ssm:eu-central-1:111122223333:parameter/policy'],
        detail: { operation: 'Create', name: '/policy', type: 'String' },
      },
      { detail: { operation: 'Update', name: '/policy', type: 'String', description: 'mine' } },
    ]);
  });

  it.each([
    ['a name that is AWS’s', { Name: '/aws/x' }, 'ValidationException'],
    ['a name with a blank', { Name: '/a b' }, 'ValidationException'],
    ['no type at first', { Type: undefined }, 'ValidationException'],
    ['more than 4 KB', { Value: 'x'.repeat(4097) }, 'ValidationException'],
    ['nothing', { Value: '' }, 'ValidationException'],
    ['a secret', { Type: 'SecureString' }, 'NotImplementedBySandbox'],
  ])('refuses %s', (_name, input, code) => {
    const at = testAccount(fleet);
    expect(refusal(() => put(at, input)).code).toBe(code);
    expect(at.events).toEqual([]);
  });
});
