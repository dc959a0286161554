import {
  AttachRolePolicy$,
  type AttachRolePolicyCommandInput,
  type AttachRolePolicyCommandOutput,
  type Role as DescribedRole,
  DetachRolePolicy$,
  type DetachRolePolicyCommandInput,
  type DetachRolePolicyCommandOutput,
  GetInstanceProfile$,
  type GetInstanceProfileCommandInput,
  type GetInstanceProfileCommandOutput,
  GetPolicy$,
  type GetPolicyCommandInput,
  type GetPolicyCommandOutput,
  GetPolicyVersion$,
  type GetPolicyVersionCommandInput,
  type GetPolicyVersionCommandOutput,
  GetRole$,
  type GetRoleCommandInput,
  type GetRoleCommandOutput,
  GetRolePolicy$,
  type GetRolePolicyCommandInput,
  type GetRolePolicyCommandOutput,
  ListAttachedRolePolicies$,
  type ListAttachedRolePoliciesCommandInput,
  type ListAttachedRolePoliciesCommandOutput,
  ListRolePolicies$,
  type ListRolePoliciesCommandInput,
  type ListRolePoliciesCommandOutput,
} from '@aws-sdk/client-iam';
import { AwsError } from '../../wire/aws-error.ts';
import { byText, pageOf } from '../pagination.ts';
import { operation, type Permission, type Service } from '../service.ts';
import type { Iam, Role } from './state.ts';

/** AWS IAM, limited to reading what a role may do, and attaching a policy to it. */
export function createIam(iam: Iam): Service {
  const onRole =
    (action: string) =>
    ({ RoleName = '' }: { RoleName: string | undefined }): Permission[] => [
      { action: `iam:${action}`, resource: roleArn(iam, RoleName) },
    ];
  const onPolicy =
    (action: string) =>
    ({ PolicyArn = '' }: { PolicyArn: string | undefined }): Permission[] => [
      { action: `iam:${action}`, resource: PolicyArn },
    ];
  return {
    signingName: 'iam',
    iamPrefix: 'iam',
    protocol: 'query',
    xmlNamespace: 'https://iam.amazonaws.com/doc/2010-05-08/',
    operations: {
      GetInstanceProfile: operation<GetInstanceProfileCommandInput, GetInstanceProfileCommandOutput>(
        GetInstanceProfile$,
        ['InstanceProfileName'],
        ({ InstanceProfileName = '' }) => {
          const { name, path, arn, id, createdAt, roleName } = iam.instanceProfile(InstanceProfileName);
          return {
            InstanceProfile: {
              Path: path,
              InstanceProfileName: name,
              InstanceProfileId: id,
              Arn: arn,
              CreateDate: new Date(createdAt),
              Roles: [describeRole(iam.role(roleName))],
            },
          };
        },
        ({ InstanceProfileName = '' }) => [
          {
            action: 'iam:GetInstanceProfile',
            resource:
              iam.findInstanceProfile(InstanceProfileName)?.arn ??
              iam.arn('instance-profile', '/', InstanceProfileName),
          },
        ],
      ),
      GetRole: operation<GetRoleCommandInput, GetRoleCommandOutput>(
        GetRole$,
        ['RoleName'],
        ({ RoleName = '' }) => {
          const role = iam.role(RoleName);
          const { boundary } = role;
          // GetInstanceProfile does not return it: only GetRole is documented to.
          const PermissionsBoundary = {
            PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
            PermissionsBoundaryArn: boundary,
          } as const;
          return { Role: { ...describeRole(role), ...(boundary !== undefined && { PermissionsBoundary }) } };
        },
        onRole('GetRole'),
      ),
      ListAttachedRolePolicies: operation<ListAttachedRolePoliciesCommandInput, ListAttachedRolePoliciesCommandOutput>(
        ListAttachedRolePolicies$,
        ['RoleName', 'PathPrefix', 'Marker', 'MaxItems'],
        ({ RoleName = '', PathPrefix = '/', ...request }) => {
          const attached = [...iam.role(RoleName).attached].filter((arn) => pathOf(arn).startsWith(PathPrefix));
          const { items, ...more } = page(attached, request);
          const AttachedPolicies = items.map((PolicyArn) => ({ PolicyName: nameOf(PolicyArn), PolicyArn }));
          return { AttachedPolicies, ...more };
        },
        onRole('ListAttachedRolePolicies'),
      ),
      ListRolePolicies: operation<ListRolePoliciesCommandInput, ListRolePoliciesCommandOutput>(
        ListRolePolicies$,
        ['RoleName', 'Marker', 'MaxItems'],
        ({ RoleName = '', ...request }) => {
          const { items, ...more } = page([...iam.role(RoleName).inline.keys()], request);
          return { PolicyNames: items, ...more };
        },
        onRole('ListRolePolicies'),
      ),
      GetRolePolicy: operation<GetRolePolicyCommandInput, GetRolePolicyCommandOutput>(
        GetRolePolicy$,
        ['RoleName', 'PolicyName'],
        ({ RoleName = '', PolicyName = '' }) => {
          const document = iam.role(RoleName).inline.get(PolicyName);
          if (document === undefined) {
            throw new AwsError('NoSuchEntity', `The role policy with name ${PolicyName} cannot be found.`, 404);
          }
          return { RoleName, PolicyName, PolicyDocument: encoded(document) };
        },
        onRole('GetRolePolicy'),
      ),
      GetPolicy: operation<GetPolicyCommandInput, GetPolicyCommandOutput>(
        GetPolicy$,
        ['PolicyArn'],
        ({ PolicyArn }) => {
          const { name, path, arn, id, createdAt, updatedAt, version } = iam.policy(checkedPolicyArn(PolicyArn));
          return {
            Policy: {
              PolicyName: name,
              PolicyId: id,
              Arn: arn,
              Path: path,
              DefaultVersionId: version,
              AttachmentCount: [...iam.roles.values()].filter(({ attached }) => attached.has(arn)).length,
              PermissionsBoundaryUsageCount: 0,
              IsAttachable: true,
              CreateDate: new Date(createdAt),
              UpdateDate: new Date(updatedAt),
            },
          };
        },
        onPolicy('GetPolicy'),
      ),
      GetPolicyVersion: operation<GetPolicyVersionCommandInput, GetPolicyVersionCommandOutput>(
        GetPolicyVersion$,
        ['PolicyArn', 'VersionId'],
        ({ PolicyArn, VersionId }) => {
          const { arn, version, document, updatedAt } = iam.policy(checkedPolicyArn(PolicyArn));
          if (VersionId !== version) {
            const message = `Policy ${arn} version ${VersionId} does not exist or is not attachable.`;
            throw new AwsError('NoSuchEntity', message, 404);
          }
          const CreateDate = new Date(updatedAt);
          return { PolicyVersion: { Document: encoded(document), VersionId, IsDefaultVersion: true, CreateDate } };
        },
        onPolicy('GetPolicyVersion'),
      ),
      AttachRolePolicy: operation<AttachRolePolicyCommandInput, AttachRolePolicyCommandOutput>(
        AttachRolePolicy$,
        ['RoleName', 'PolicyArn'],
        ({ RoleName = '', PolicyArn }) => {
          iam.attach(RoleName, checkedPolicyArn(PolicyArn));
          return {};
        },
        ({ RoleName = '', PolicyArn = '' }) => [
          {
            action: 'iam:AttachRolePolicy',
            resource: roleArn(iam, RoleName),
            context: { 'iam:PolicyARN': PolicyArn },
          },
        ],
      ),
      DetachRolePolicy: operation<DetachRolePolicyCommandInput, DetachRolePolicyCommandOutput>(
        DetachRolePolicy$,
        ['RoleName', 'PolicyArn'],
        ({ RoleName = '', PolicyArn }) => {
          iam.detach(RoleName, checkedPolicyArn(PolicyArn));
          return {};
        },
        ({ RoleName = '', PolicyArn = '' }) => [
          {
            action: 'iam:DetachRolePolicy',
            resource: roleArn(iam, RoleName),
            context: { 'iam:PolicyARN': PolicyArn },
          },
        ],
      ),
    },
  };
}

/** The ARN that IAM evaluates, with the role's path where known. */
const roleArn = (iam: Iam, name: string): string => iam.roles.get(name)?.arn ?? iam.arn('role', '/', name);

function describeRole({ name, path, arn, id, createdAt, trustPolicy }: Role): DescribedRole {
  return {
    Path: path,
    RoleName: name,
    RoleId: id,
    Arn: arn,
    CreateDate: new Date(createdAt),
    AssumeRolePolicyDocument: encoded(trustPolicy),
    MaxSessionDuration: 3600,
  };
}

/** IAM percent-encodes returned documents by RFC 3986. */
const encoded = (document: object): string =>
  encodeURIComponent(JSON.stringify(document)).replace(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });

const nameOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1);

/** Returns `/service-role/` for `arn:aws:iam::aws:policy/service-role/NAME`. */
const pathOf = (arn: string): string => arn.slice(arn.indexOf(':policy/') + ':policy'.length, arn.lastIndexOf('/') + 1);

/** @throws ValidationError, InvalidInput */
function checkedPolicyArn(arn = ''): string {
  if (arn.length < 20) {
    const message = `1 validation error detected: Value '${arn}' at 'policyArn' failed to satisfy constraint: Member must have length greater than or equal to 20`;
    throw new AwsError('ValidationError', message);
  }
  if (!/^arn:aws[a-z-]*:iam::(\d{12}|aws):policy\/[\x21-\x7e]+$/.test(arn)) {
    throw new AwsError('InvalidInput', `ARN ${arn} is not valid.`);
  }
  return arn;
}

interface PageRequest {
  readonly Marker?: string | undefined;
  readonly MaxItems?: number | undefined;
}

function page(names: string[], { Marker, MaxItems = 100 }: PageRequest) {
  if (MaxItems < 1 || MaxItems > 1000) {
    const bound = MaxItems < 1 ? 'greater than or equal to 1' : 'less than or equal to 1000';
    const message = `1 validation error detected: Value '${MaxItems}' at 'maxItems' failed to satisfy constraint: Member must have value ${bound}`;
    throw new AwsError('ValidationError', message);
  }
  const name = (item: string) => item;
  const { items, nextToken } = pageOf(names.sort(byText(name)), name, MaxItems, Marker, () => {
    return new AwsError('ValidationError', `Invalid Marker: ${Marker}`);
  });
  return { items, IsTruncated: nextToken !== undefined, Marker: nextToken };
}
