import { expect, it } from 'vitest';
import { resourcesOf, templateOf } from './stack-under-test.ts';

interface Statement {
  readonly Sid?: string;
  readonly Action: string | string[];
  readonly Resource?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const statementsAbout = (action: string, context: Readonly<Record<string, unknown>> = {}) =>
  resourcesOf(templateOf(context), 'AWS::IAM::Role')
    .filter(({ id }) => id.startsWith('UpgradeNodeGroups'))
    .flatMap(({ Properties }) => Properties.Policies ?? [])
    .flatMap(({ PolicyDocument }): Statement[] => PolicyDocument.Statement)
    .filter(({ Action }) => [Action].flat().includes(action));

it('a launch is allowed by a launch template of the account only, and tags only on what it makes', () => {
  const launches = statementsAbout('ec2:RunInstances');
  expect(launches).toHaveLength(2);
  for (const { Condition } of launches) {
    expect(JSON.stringify(Condition?.ArnLike?.['ec2:LaunchTemplate'])).toMatch(/AWS::AccountId.*:launch-template\/\*/);
  }
  expect(statementsAbout('ec2:CreateTags').map(({ Condition }) => Condition)).toEqual([
    { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
  ]);
  expect(statementsAbout('iam:PassRole').filter(({ Sid }) => Sid?.startsWith('LaunchTemplate'))).toEqual([]);
});

it('the setting launchTemplateRights takes all of it away', () => {
  const off = { launchTemplateRights: 'off' };
  for (const action of ['ec2:RunInstances', 'ec2:CreateTags', 'ec2:DescribeLaunchTemplateVersions']) {
    expect(statementsAbout(action), action).not.toEqual([]);
    expect(statementsAbout(action, off), action).toEqual([]);
  }
});

it('versions are made, and parameters with AMIs read, only where the setting imageRights says so, and never of templates that others keep', () => {
  const granted = { imageRights: 'on', imageParameters: '/golden/*' };
  expect(statementsAbout('ec2:CreateLaunchTemplateVersion')).toEqual([]);
  const versions = statementsAbout('ec2:CreateLaunchTemplateVersion', granted);
  const kept = ['aws:cloudformation:stack-name', 'eks:cluster-name', 'alpha.eksctl.io/cluster-name'];
  expect(versions.map(({ Condition }) => Condition?.Null)).toEqual([
    Object.fromEntries([...kept, 'eks-host-remediator:ignore'].map((tag) => [`aws:ResourceTag/${tag}`, 'true'])),
  ]);
  // Amazon's own parameters are read in any case.
  const wanted = (context?: object) =>
    statementsAbout('ssm:GetParameters', { ...context }).filter(({ Sid }) => Sid === 'WantedImages');
  expect(wanted()).toEqual([]);
  expect(wanted(granted).map(({ Resource }) => JSON.stringify(Resource))).toEqual([
    expect.stringMatching(/:parameter\/golden\/\*"/),
  ]);
});
