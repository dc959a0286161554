import { describe, expect, it } from 'vitest';
import { readSettings, SettingsError } from './settings.ts';

const chosen = (context: Record<string, unknown>) => readSettings({ mode: 'enforce', ...context });

describe('the stage settings', () => {
  it('have a default each, but for the mode', () => {
    const { watchSchedule, sweepSchedule, ...others } = readSettings({ mode: 'enforce' });
    expect(others).toEqual({
      stackName: 'eks-host-remediator',
      mode: 'enforce',
      findingSeverity: 'HIGH',
      logRetentionDays: 90,
      policyParameterName: '/eks-host-remediator/policy',
      policyParameter: 'new',
      accessEntryClusters: [],
      installerRegistries: [],
      launchTemplateRights: 'on',
      imageRights: 'off',
      imageParameters: '/eks-host-remediator/images/*',
      shellRights: 'on',
      sessionRights: 'off',
      refreshRights: 'off',
      drainRights: 'off',
      nodeRoles: '*',
      removalPolicy: 'retain',
    });
    expect(watchSchedule.toMinutes()).toBe(60);
    expect(sweepSchedule.toMinutes()).toBe(60);
  });

  it('come as strings from the command line', () => {
    const settings = readSettings({ mode: 'observe', logRetentionDays: '30', sweepSchedule: 'rate(2 hours)' });
    expect(settings).toMatchObject({ mode: 'observe', logRetentionDays: 30 });
    expect(settings.sweepSchedule.toMinutes()).toBe(120);
  });

  it('take the clusters for access entries with commas between', () => {
    expect(chosen({ accessEntryClusters: 'shop,data' }).accessEntryClusters).toEqual(['shop', 'data']);
    expect(chosen({ accessEntryClusters: 'shop,,data,shop' }).accessEntryClusters).toEqual(['shop', 'data']);
    expect(chosen({ installerRegistries: 'r.example/mirror,r2' }).installerRegistries).toEqual([
      'r.example/mirror',
      'r2',
    ]);
    expect(() => chosen({ installerRegistries: 'r.example/' })).toThrow('must be registries with commas between');
    expect(() => chosen({ accessEntryClusters: 'shop, data' })).toThrow('must be cluster names with commas between');
  });

  it('derive the policy parameter from the stack name unless it is set', () => {
    expect(chosen({ stackName: 'blue' }).policyParameterName).toBe('/blue/policy');
    expect(chosen({ stackName: 'blue', policyParameterName: '/team/p' }).policyParameterName).toBe('/team/p');
  });

  it("leave CDK's own context keys alone", () => {
    const cdkOwn = { '@aws-cdk/core:checkSecretUsage': true, 'aws:cdk:bundling-stacks': [], 'cdk-migrate': true };
    expect(chosen(cdkOwn).mode).toBe('enforce');
  });

  it.each([
    ['an unknown value', { mode: 'obsevre' }, 'mode=obsevre: must be one of enforce, observe, off'],
    ['an unknown setting', { mod: 'observe' }, 'mod: no such setting; the settings are stackName, mode, '],
    ['an unknown setting with hyphens', { 'log-retention-days': 3 }, 'log-retention-days: no such setting'],
    ['a bad stack name', { stackName: '1st' }, 'stackName=1st: must be letters, digits and hyphens'],
    ['a cron schedule', { watchSchedule: 'cron(0 * * * ? *)' }, 'must be a rate from rate(1 minute) to rate(1 day)'],
    ['a plural of one', { sweepSchedule: 'rate(1 hours)' }, 'sweepSchedule=rate(1 hours): must be a rate'],
    ['a singular of many', { sweepSchedule: 'rate(2 hour)' }, 'sweepSchedule=rate(2 hour): must be a rate'],
    ['a rate of more than a day', { sweepSchedule: 'rate(25 hours)' }, 'sweepSchedule=rate(25 hours): must be a rate'],
    ['a rate of zero', { sweepSchedule: 'rate(0 hours)' }, 'sweepSchedule=rate(0 hours): must be a rate'],
    ['a bad address', { alarmEmail: 'ops' }, 'alarmEmail=ops: must be an e-mail address'],
    ['a retention that CloudWatch lacks', { logRetentionDays: 91 }, 'logRetentionDays=91: must be one of 1, 3, 5'],
    ['an endless retention', { logRetentionDays: 9999 }, 'logRetentionDays=9999: must be one of'],
    ['a parameter name without a path', { policyParameterName: 'policy' }, 'must be a path such as /team/policy'],
    ['a reserved parameter name', { policyParameterName: '/AWS/p' }, 'policyParameterName=/AWS/p: must not begin with'],
    [
      'a stack name that makes a reserved parameter name',
      { stackName: 'aws-x' },
      'policyParameterName=/aws-x/policy: ',
    ],
    [
      'an ARN for a table',
      { ledgerTable: 'arn:aws:dynamodb:eu-west-1:1:table/t' },
      'must be the name of a DynamoDB table',
    ],
    ['a bad removal policy', { removalPolicy: 'keep' }, 'removalPolicy=keep: must be one of retain, destroy'],
  ])('refuse %s and say what would be right', (_what, context, message) => {
    expect(() => chosen(context)).toThrow(SettingsError);
    expect(() => chosen(context)).toThrow(message);
  });

  it('have no mode by themselves: both that a deploy can choose are explained, a line each', () => {
    expect(() => readSettings({})).toThrow(SettingsError);
    expect(() => readSettings({})).toThrow(
      /must be told .*:\n {2}-c mode=enforce: reacts by itself .*\n {2}-c mode=observe: only records .*nothing$/,
    );
  });

  it('name what is wrong first, and ask for a mode then', () => {
    expect(() => readSettings({ alarmEmail: 'ops' })).toThrow(
      /^Bad settings in the CDK context:\n {2}-c alarmEmail=ops/,
    );
  });

  it('name every bad setting at once', () => {
    expect(() => readSettings({ mode: 'on', alarmEmail: 'ops' })).toThrow(/-c mode=on: .*\n {2}-c alarmEmail=ops: /);
  });
});
