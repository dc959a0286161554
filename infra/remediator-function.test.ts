import { describe, expect, it } from 'vitest';
import { functionNames } from './bundle.ts';
import { type Resource, resourcesOf, templateOf } from './stack-under-test.ts';

const template = templateOf();
const functions = resourcesOf(template, 'AWS::Lambda::Function');
const roles = resourcesOf(template, 'AWS::IAM::Role');
const nameOf = ({ Properties }: Resource): string => Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME;
const named = functions.map((each) => [nameOf(each), each] as const);
const arnOf = ({ id }: Resource) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const roleOf = ({ Properties }: Resource) =>
  roles.find((role) => JSON.stringify(arnOf(role)) === JSON.stringify(Properties.Role));

describe('every function', () => {
  it('of functions/ is deployed', () => {
    expect(functions.map(nameOf).sort()).toEqual(functionNames());
  });

  it('has a role of its own', () => {
    const itsRoles = functions.map((each) => roleOf(each)?.id);
    expect(itsRoles).not.toContain(undefined);
    expect(new Set(itsRoles).size).toBe(functions.length);
  });

  it.each(named)('%s runs Node 24 on arm64', (_name, { Properties }) => {
    expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler' });
  });

  it.each(named)('%s logs JSON into the one log group, unless that feeds it', (name, { Properties }) => {
    const groups = resourcesOf(template, 'AWS::Logs::LogGroup').map(({ id }) => id);
    expect(groups).toHaveLength(2);
    const [filter] = resourcesOf(template, 'AWS::Logs::SubscriptionFilter');
    const records = filter!.Properties.LogGroupName.Ref;
    const expected = name === 'notify-stories' ? groups.find((id) => id !== records) : records;
    expect(Properties.LoggingConfig).toEqual({ LogFormat: 'JSON', LogGroup: { Ref: expected } });
  });

  it.each(named)('%s has a role that only Lambda can take', (_name, each) => {
    expect(roleOf(each)!.Properties.AssumeRolePolicyDocument.Statement).toEqual([
      { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } },
    ]);
  });

  it.each(named)('%s knows its stack, for its metrics', (_name, { Properties }) => {
    expect(Properties.Environment.Variables).toMatchObject({
      POWERTOOLS_METRICS_NAMESPACE: 'EksHostRemediator',
      STACK_NAME: 'eks-host-remediator',
    });
  });
});

describe('the rights', () => {
  const hostManagement = roles.find(({ id }) => id.includes('HostManagement'));

  it('are all in the roles: no managed policy, no policy that CDK added', () => {
    expect(roles.filter(({ Properties }) => 'ManagedPolicyArns' in Properties)).toEqual([hostManagement]);
    expect(resourcesOf(template, 'AWS::IAM::Policy')).toEqual([]);
    expect(resourcesOf(template, 'AWS::IAM::ManagedPolicy')).toEqual([]);
  });

  it('of Default Host Management are what AWS keeps for it, and only Systems Manager can take them', () => {
    const { ManagedPolicyArns, AssumeRolePolicyDocument, Policies } = hostManagement!.Properties;
    expect(JSON.stringify(ManagedPolicyArns)).toContain(':iam::aws:policy/AmazonSSMManagedEC2InstanceDefaultPolicy');
    expect(AssumeRolePolicyDocument.Statement).toMatchObject([{ Principal: { Service: 'ssm.amazonaws.com' } }]);
    expect(Policies).toBeUndefined();
  });

  it.each([
    ['retain', 'Retain'],
    ['destroy', undefined],
  ])(
    'of Default Host Management stay for the agents of the account as removalPolicy=%s says',
    (removalPolicy, kept) => {
      const [role] = resourcesOf(templateOf({ removalPolicy }), 'AWS::IAM::Role').filter(
        ({ id }) => id === hostManagement?.id,
      );
      expect(role?.DeletionPolicy).toBe(kept);
    },
  );

  it.each(roles.filter((role) => role !== hostManagement).map((role) => [role.id, role] as const))(
    'of %s name every action in full',
    (_id, { Properties }) => {
      const statements = Properties.Policies.flatMap(
        ({ PolicyDocument }: Resource['Properties']) => PolicyDocument.Statement,
      );
      expect(statements).not.toEqual([]);
      for (const { Action } of statements)
        for (const action of [Action].flat()) expect(action).toMatch(/^[a-z0-9]+:[A-Za-z0-9]+$/);
    },
  );

  it('let a node group be upgraded in this account and region only', () => {
    const document = JSON.stringify(roles.map(({ Properties }) => Properties.Policies));
    expect(document.match(/UpdateNodegroupVersion/g)).toHaveLength(1);
    const upgrades = functions.find((each) => nameOf(each) === 'upgrade-node-groups');
    const [policy] = roleOf(upgrades!)!.Properties.Policies;
    const statement = policy.PolicyDocument.Statement.find(({ Sid }: { Sid: string }) => Sid === 'Nodegroups');
    expect(statement.Resource['Fn::Join'][1]).toEqual([
      'arn:',
      { Ref: 'AWS::Partition' },
      ':eks:',
      { Ref: 'AWS::Region' },
      ':',
      { Ref: 'AWS::AccountId' },
      ':nodegroup/*/*/*',
    ]);
  });
});
