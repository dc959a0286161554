import { Aws, type Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { arnHere, type Right } from '../functions/shared/declaration/right.ts';
import { resolveRight } from './placeholders.ts';
import { acknowledgeWildcards, policyDocumentOf } from './right.ts';
import { withAppWithoutCode } from './stack-under-test.ts';

/** The findings of cdk-nag in the stack after an addition. */
const findingsWith = (add: (stack: Stack) => void): string[] =>
  withAppWithoutCode({}, (app) => {
    add(app.stack);
    return new AwsSolutionsChecks().validateScope(app).violations.map(({ ruleName }) => ruleName);
  });

const addRight = (written: Right) => (stack: Stack) => {
  const right = resolveRight(written);
  const role = new Role(stack, 'Extra', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: { rights: policyDocumentOf([right]) },
  });
  acknowledgeWildcards(role, [right]);
};

const addQueue = (stack: Stack) => {
  new Queue(stack, 'Extra');
};

describe('cdk-nag with the AwsSolutions rules', () => {
  it('finds nothing', () => {
    expect(findingsWith(() => {})).toEqual([]);
  });

  it('would find a queue without dead letters and TLS', () => {
    expect(findingsWith(addQueue)).toEqual(['AwsSolutions-SQS3', 'AwsSolutions-SQS4']);
  });

  it('lets no synthesis pass that has a finding', () => {
    withAppWithoutCode({}, (app) => {
      addQueue(app.stack);
      expect(() => app.synth()).toThrow(/AwsSolutions-SQS3/);
    });
  });

  const wildcard = { sid: 'Extra', actions: ['eks:DescribeCluster'], resources: [arnHere('eks', 'cluster/*')] };

  it('finds a wildcard without a reason', () => {
    const finding = 'AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:eks:<AWS::Region>:<AWS::AccountId>:cluster/*]';
    expect(findingsWith(addRight(wildcard))).toEqual([finding]);
  });

  it('takes a wildcard with a reason', () => {
    expect(findingsWith(addRight({ ...wildcard, wildcardReason: 'Every cluster is looked at.' }))).toEqual([]);
  });

  it('finds a wildcard in an action, whatever the reason', () => {
    const right = { sid: 'Extra', actions: ['eks:*'], resources: [Aws.STACK_ID], wildcardReason: 'None will do.' };
    expect(findingsWith(addRight(right))).toEqual(['AwsSolutions-IAM5[Action::eks:*]']);
  });
});
