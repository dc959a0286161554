import * as z from 'zod';
import { policyDocument } from '../account/iam/policy-evaluation.ts';
import { type Creation, type ResourceType, resourceType } from './resource-type.ts';

const withoutEffect = z.unknown().optional();

const role = z.strictObject({
  RoleName: z.string().optional(),
  AssumeRolePolicyDocument: policyDocument,
  Policies: z.array(z.strictObject({ PolicyName: z.string(), PolicyDocument: policyDocument })).default([]),
  ManagedPolicyArns: z.array(z.string()).default([]),
  Description: withoutEffect,
  MaxSessionDuration: withoutEffect,
  Path: z.string().optional(),
  Tags: withoutEffect,
});

const policy = z.strictObject({
  PolicyName: z.string(),
  PolicyDocument: policyDocument,
  Roles: z.array(z.string()).default([]),
});

const managedPolicy = z.strictObject({
  ManagedPolicyName: z.string().optional(),
  PolicyDocument: policyDocument,
  Roles: z.array(z.string()).default([]),
  Description: withoutEffect,
  Path: withoutEffect,
});

/** Roles and their policies. */
export const IDENTITY_RESOURCES: Readonly<Record<string, ResourceType>> = {
  'AWS::IAM::Role': resourceType(
    role,
    ({ world, given, generated }) => {
      const name = given('RoleName') ?? generated(64);
      const path = given('Path') ?? '/';
      return { ref: name, attributes: { Arn: `arn:${world.partition}:iam::${world.accountId}:role${path}${name}` } };
    },
    ({ AssumeRolePolicyDocument, Policies, ManagedPolicyArns, Path }, creation) => {
      const { authorization, identity, logicalId, iam } = creation;
      iam.addRole({
        name: identity.ref,
        path: Path ?? '/',
        trustPolicy: AssumeRolePolicyDocument,
        attached: ManagedPolicyArns,
        inline: Object.fromEntries(Policies.map(({ PolicyName, PolicyDocument }) => [PolicyName, PolicyDocument])),
      });
      authorization.addRole({
        logicalId,
        arn: identity.attributes.Arn ?? '',
        trustPolicy: AssumeRolePolicyDocument,
        policies: Policies.map(({ PolicyName, PolicyDocument }) => ({ name: PolicyName, document: PolicyDocument })),
        managedPolicyArns: ManagedPolicyArns,
      });
    },
  ),
  'AWS::IAM::Policy': resourceType(
    policy,
    ({ given, generated }) => ({ ref: given('PolicyName') ?? generated(64), attributes: {} }),
    ({ PolicyName, PolicyDocument, Roles }, creation) => {
      for (const name of Roles) {
        creation.iam.putRolePolicy(name, PolicyName, PolicyDocument);
        attach(creation, name, { name: PolicyName, document: PolicyDocument });
      }
    },
  ),
  'AWS::IAM::ManagedPolicy': resourceType(
    managedPolicy,
    ({ world, given, generated }) => {
      const name = given('ManagedPolicyName') ?? generated(64);
      return { ref: `arn:${world.partition}:iam::${world.accountId}:policy/${name}`, attributes: {} };
    },
    ({ PolicyDocument, Roles }, creation) => {
      const attached = { name: creation.identity.ref, document: PolicyDocument };
      creation.iam.addPolicy(attached.name.slice(attached.name.lastIndexOf('/') + 1), PolicyDocument);
      for (const name of Roles) {
        creation.iam.attach(name, attached.name);
        attach(creation, name, attached);
      }
      for (const { arn, managedPolicyArns, policies } of creation.authorization.roles) {
        const known = policies.some(({ name }) => name === attached.name);
        if (managedPolicyArns.includes(attached.name) && !known)
          creation.authorization.role(arn).policies.push(attached);
      }
    },
  ),
};

type Attached = ReturnType<Creation['authorization']['role']>['policies'][number];

function attach({ authorization, iam }: Creation, roleName: string, attached: Attached): void {
  authorization.role(iam.role(roleName).arn).policies.push(attached);
}
