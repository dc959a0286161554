import type { GetServiceSettingResult, ResetServiceSettingResult } from '@aws-sdk/client-ssm';
import { describe, expect, it } from 'vitest';
import { refusal, type TestAccount, testAccount } from '../../fleet/test-account.ts';
import { DEFAULT_HOST_MANAGEMENT, DEFAULT_HOST_MANAGEMENT_ROLE } from './service-settings.ts';

const ARN = `arn:aws:ssm:eu-central-1:111122223333:servicesetting${DEFAULT_HOST_MANAGEMENT}`;
const get = (at: TestAccount, SettingId: string = DEFAULT_HOST_MANAGEMENT) =>
  at.call<GetServiceSettingResult>('ssm', 'GetServiceSetting', { SettingId }).ServiceSetting;

describe('the setting of Default Host Management', () => {
  it.each([DEFAULT_HOST_MANAGEMENT, ARN])('is set and reset by %s', (SettingId) => {
    const at = testAccount({});
    expect(get(at, SettingId)).toMatchObject({ SettingValue: '$None', Status: 'Default', LastModifiedUser: 'System' });
    at.call('ssm', 'UpdateServiceSetting', { SettingId, SettingValue: DEFAULT_HOST_MANAGEMENT_ROLE });
    expect(get(at, SettingId)).toMatchObject({
      SettingId: DEFAULT_HOST_MANAGEMENT,
      ARN,
      SettingValue: DEFAULT_HOST_MANAGEMENT_ROLE,
      Status: 'Customized',
      LastModifiedUser: 'arn:aws:iam::111122223333:user/operator',
    });
    const reset = at.call<ResetServiceSettingResult>('ssm', 'ResetServiceSetting', { SettingId });
    expect(reset.ServiceSetting).toMatchObject({ SettingValue: '$None', Status: 'Default' });
    expect(get(at)).toEqual(reset.ServiceSetting);
  });

  it('may be set from the start', () => {
    const at = testAccount({ defaultHostManagement: 'on' });
    expect(get(at)).toMatchObject({ SettingValue: DEFAULT_HOST_MANAGEMENT_ROLE, Status: 'Customized' });
    const RoleName = DEFAULT_HOST_MANAGEMENT_ROLE.split('/')[1];
    expect(at.call('iam', 'GetRole', { RoleName })).toMatchObject({
      Role: { Path: '/service-role/', Arn: `arn:aws:iam::111122223333:role/${DEFAULT_HOST_MANAGEMENT_ROLE}` },
    });
  });

  it('asks IAM for the setting, and for the role that is handed on', () => {
    const input = { SettingId: DEFAULT_HOST_MANAGEMENT, SettingValue: DEFAULT_HOST_MANAGEMENT_ROLE };
    const { permissions } = testAccount({}).service('ssm').operations.UpdateServiceSetting ?? {};
    expect(permissions?.(input as never)).toEqual([
      { action: 'ssm:UpdateServiceSetting', resource: ARN },
      {
        action: 'iam:PassRole',
        resource: `arn:aws:iam::111122223333:role/${DEFAULT_HOST_MANAGEMENT_ROLE}`,
        context: { 'iam:PassedToService': 'ssm.amazonaws.com' },
      },
    ]);
  });

  it('takes no nonsense', () => {
    const update = (SettingValue: string) =>
      testAccount({}).call('ssm', 'UpdateServiceSetting', { SettingId: DEFAULT_HOST_MANAGEMENT, SettingValue });
    expect(refusal(() => update('a role')).code).toBe('ValidationException');
  });
});

it('puts parameters into the standard tier by default', () => {
  const setting = get(testAccount({}), '/ssm/parameter-store/default-parameter-tier');
  expect(setting).toMatchObject({ SettingValue: 'Standard', Status: 'Default' });
});

it.each([
  ['/ssm/nonsense', 'ServiceSettingNotFound', 400],
  ['/ssm/parameter-store/high-throughput-enabled', 'NotImplementedBySandbox', 501],
])('the setting %s is refused with %s', (SettingId, code, status) => {
  expect(refusal(() => get(testAccount({}), SettingId))).toMatchObject({ code, status });
});
