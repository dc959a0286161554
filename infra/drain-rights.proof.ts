import { expect, it } from 'vitest';
import { resourcesOf, templateOf } from './stack-under-test.ts';

interface Statement {
  readonly Action: string | string[];
  readonly Condition?: { readonly Null?: Readonly<Record<string, string>> };
}

const statementsOf = (context: Readonly<Record<string, unknown>>) =>
  resourcesOf(templateOf(context), 'AWS::IAM::Role')
    .filter(({ id }) => id.startsWith('DrainNodes'))
    .flatMap(({ Properties }) => Properties.Policies ?? [])
    .flatMap(({ PolicyDocument }): Statement[] => PolicyDocument.Statement);

/** Each changes something. */
const CHANGING = [
  'autoscaling:CompleteLifecycleAction',
  'autoscaling:DeleteLifecycleHook',
  'autoscaling:PutLifecycleHook',
  'autoscaling:RecordLifecycleActionHeartbeat',
  'autoscaling:TerminateInstanceInAutoScalingGroup',
  'autoscaling:UpdateAutoScalingGroup',
];

it('the rights to drain are there only where drainRights says so, and never on groups of managed node groups or that opted out', () => {
  const without = statementsOf({}).flatMap(({ Action }) => Action);
  expect(without.length).toBeGreaterThan(3);
  expect(CHANGING.filter((action) => without.includes(action))).toEqual([]);
  for (const action of CHANGING) {
    const granting = statementsOf({ drainRights: 'on' }).filter(({ Action }) => [Action].flat().includes(action));
    expect(granting, action).toHaveLength(1);
    expect(granting[0]?.Condition?.Null, action).toMatchObject({
      'aws:ResourceTag/eks:nodegroup-name': 'true',
      'aws:ResourceTag/eks:cluster-name': 'true',
      'aws:ResourceTag/eks-host-remediator:ignore': 'true',
    });
  }
});
