import { createHash } from 'node:crypto';
import {
  GetInstanceProfileCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  type IAMClient,
  NoSuchEntityException,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
} from '@aws-sdk/client-iam';
import pMap from 'p-map';
import { READ_CONCURRENCY } from '../runtime/aws-client.ts';
import { unlessUnread } from '../runtime/aws-error.ts';
import { decoded, type Statement, statementsOf } from './policy-statements.ts';
import type { RolePolicies, RolePolicy } from './role-policies.ts';
import { mayTrustEc2, mayTrustSystemsManager } from './trust.ts';

const EVERYTHING: readonly Statement[] = [
  { Effect: 'Allow', Action: ['ssm:*', 'ssmmessages:*', 'ec2messages:*'], Resource: ['*'] },
];

/**
 * AWS managed policies whose rights are known here, so that the common policies of node roles need not be read. None of
 * them denies anything. Source: AWS managed policy reference.
 */
const KNOWN: Readonly<Record<string, readonly Statement[]>> = {
  AmazonSSMManagedInstanceCore: EVERYTHING,
  AmazonSSMManagedEC2InstanceDefaultPolicy: EVERYTHING,
  AdministratorAccess: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }],
  AmazonEKSWorkerNodePolicy: [],
  AmazonEKSWorkerNodeMinimalPolicy: [],
  AmazonEKS_CNI_Policy: [],
  AmazonEC2ContainerRegistryReadOnly: [],
  AmazonEC2ContainerRegistryPullOnly: [],
};

export interface ObservedProfile {
  readonly name: string;
  /** Absent when the profile has no role. */
  readonly role?: RolePolicies & { readonly name: string };
  /** The instance names the profile, and IAM does not know it, or its role, any more. */
  readonly gone?: true;
  /** What IAM answers where it lets nobody read the profile, its role or a policy of it. */
  readonly unread?: string;
  /** Set where IAM did not refuse that for good, so that a later call may read it. */
  readonly mayBeRead?: true;
}

/** Policy documents by ARN, each read once. */
type Documents = Map<string, Promise<string>>;

/**
 * Reads instance profiles by their ARNs, each profile and each policy once. One that IAM does not show is `unread`: it says
 * nothing of workers with another.
 */
export async function observeProfiles(iam: IAMClient, arns: readonly string[]): Promise<Map<string, ObservedProfile>> {
  const documents: Documents = new Map();
  const observe = async (arn: string): Promise<ObservedProfile> => {
    const { found, refused, mayPass } = await unlessUnread(observeProfile(iam, arn, documents));
    if (found !== undefined) return found;
    return { name: nameIn(arn), unread: refused, ...(mayPass && { mayBeRead: true }) };
  };
  const distinct = [...new Set(arns)].filter((arn) => arn !== '');
  const observed = await pMap(distinct, async (arn) => [arn, await observe(arn)] as const, {
    concurrency: READ_CONCURRENCY,
  });
  return new Map(observed);
}

const nameIn = (arn: string): string => arn.split('/').at(-1) ?? '';

/** Reads one instance profile by its ARN. @throws IAM's error where it lets nobody read the profile, its role or a policy */
export async function observeProfile(
  iam: IAMClient,
  arn: string,
  read: Documents = new Map(),
): Promise<ObservedProfile> {
  const name = nameIn(arn);
  try {
    const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: name }));
    const roleName = InstanceProfile?.Roles?.[0]?.RoleName;
    if (roleName === undefined) return { name };
    return { name, role: { name: roleName, ...(await readRole(iam, roleName, read, mayTrustEc2)) } };
  } catch (error) {
    if (error instanceof NoSuchEntityException) return { name, gone: true };
    throw error;
  }
}

/** The role that Default Host Management names; `gone`: IAM does not know it any more. */
export async function observeHostManagementRole(iam: IAMClient, name: string): Promise<RolePolicies | 'gone'> {
  try {
    return await readRole(iam, name, new Map(), mayTrustSystemsManager);
  } catch (error) {
    if (error instanceof NoSuchEntityException) return 'gone';
    throw error;
  }
}

/** A policy, with the string that identifies its content. */
interface Source {
  readonly policy: RolePolicy;
  readonly identity: string;
}

async function readRole(
  iam: IAMClient,
  RoleName: string,
  read: Documents,
  mayTrust: (document: string) => boolean,
): Promise<RolePolicies> {
  // Only GetRole returns the permissions boundary.
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
  const boundaryArn = Role?.PermissionsBoundary?.PermissionsBoundaryArn;
  const sources: Source[] = [];
  for await (const { AttachedPolicies = [] } of paginateListAttachedRolePolicies({ client: iam }, { RoleName })) {
    for (const { PolicyName = '', PolicyArn = '' } of AttachedPolicies) {
      sources.push(...(await unlessDetached(() => readManaged(iam, PolicyName, PolicyArn, read))));
    }
  }
  for await (const { PolicyNames = [] } of paginateListRolePolicies({ client: iam }, { RoleName })) {
    for (const PolicyName of PolicyNames) {
      const readInline = async () => {
        const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
        return sourceOf(PolicyName, PolicyDocument);
      };
      sources.push(...(await unlessDetached(readInline)));
    }
  }
  const boundary =
    boundaryArn === undefined
      ? undefined
      : await readManaged(iam, boundaryArn.split('/').at(-1) ?? '', boundaryArn, read);
  const identities = [...sources.map(({ identity }) => identity).sort(), `boundary ${boundary?.identity ?? ''}`];
  return {
    roleArn: Role?.Arn ?? '',
    policies: sources.map(({ policy }) => policy),
    ...(boundary !== undefined && { boundary: boundary.policy }),
    ...(!mayTrust(decoded(Role?.AssumeRolePolicyDocument ?? '')) && { distrusts: true as const }),
    fingerprint: createHash('sha256').update(JSON.stringify(identities)).digest('hex').slice(0, 32),
  };
}

/** Reads a policy of a role; none where it was taken away since IAM listed it, which says nothing of the role. */
async function unlessDetached(readOne: () => Promise<Source>): Promise<Source[]> {
  try {
    return [await readOne()];
  } catch (error) {
    if (error instanceof NoSuchEntityException) return [];
    throw error;
  }
}

async function readManaged(iam: IAMClient, name: string, arn: string, read: Documents): Promise<Source> {
  const known = arn.includes(':iam::aws:policy/') ? KNOWN[name] : undefined;
  if (known !== undefined) return { policy: { name, statements: known }, identity: arn };
  const reading = read.get(arn) ?? readPolicy(iam, arn);
  read.set(arn, reading);
  return sourceOf(name, await reading);
}

async function readPolicy(iam: IAMClient, PolicyArn: string): Promise<string> {
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
  const VersionId = Policy?.DefaultVersionId;
  return (await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }))).PolicyVersion?.Document ?? '';
}

function sourceOf(name: string, encoded: string): Source {
  const text = decoded(encoded);
  return { policy: { name, statements: statementsOf(text) }, identity: `${name} ${text}` };
}
