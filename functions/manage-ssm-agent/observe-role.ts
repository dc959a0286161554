import {
  GetInstanceProfileCommand,
  GetPolicyCommand,
  GetPolicyVersionCommand,
  GetRolePolicyCommand,
  type IAMClient,
  NoSuchEntityException,
  paginateListAttachedRolePolicies,
  paginateListRolePolicies,
} from '@aws-sdk/client-iam';
import pMap from 'p-map';
import * as z from 'zod';
import { READ_CONCURRENCY } from '../shared/runtime/aws-client.ts';
import type { Findings } from './observation.ts';

/** What an agent calls all the time: with these it registers and takes sessions and commands. */
const NEEDED = ['ssm:UpdateInstanceInformation', 'ssmmessages:CreateControlChannel', 'ssmmessages:OpenControlChannel'];

/** AWS managed policies that allow it, or do not: what node roles mostly have need not be read. */
const KNOWN: Readonly<Record<string, boolean>> = {
  AmazonSSMManagedInstanceCore: true,
  AmazonSSMManagedEC2InstanceDefaultPolicy: true,
  AdministratorAccess: true,
  AmazonEKSWorkerNodePolicy: false,
  AmazonEKSWorkerNodeMinimalPolicy: false,
  AmazonEKS_CNI_Policy: false,
  AmazonEC2ContainerRegistryReadOnly: false,
  AmazonEC2ContainerRegistryPullOnly: false,
};

export interface ObservedProfile {
  readonly profile: NonNullable<Findings['profile']>;
  readonly allowsAgent: boolean;
}

/** Policy documents by ARNs, each read once. */
type Documents = Map<string, Promise<string>>;

/** Instance profiles by their ARNs, each read once, and so is each policy. A profile that no longer exists is missing. */
export async function observeProfiles(iam: IAMClient, arns: readonly string[]): Promise<Map<string, ObservedProfile>> {
  const distinct = [...new Set(arns)].filter((arn) => arn !== '');
  const documents: Documents = new Map();
  const observed = await pMap(distinct, async (arn) => [arn, await observeProfile(iam, arn, documents)] as const, {
    concurrency: READ_CONCURRENCY,
  });
  return new Map(observed.flatMap(([arn, profile]) => (profile === undefined ? [] : [[arn, profile]])));
}

async function observeProfile(iam: IAMClient, arn: string, read: Documents): Promise<ObservedProfile | undefined> {
  const name = arn.split('/').at(-1) ?? '';
  try {
    const { InstanceProfile } = await iam.send(new GetInstanceProfileCommand({ InstanceProfileName: name }));
    const roleName = InstanceProfile?.Roles?.[0]?.RoleName;
    if (roleName === undefined) return { profile: { name }, allowsAgent: false };
    return { profile: { name, roleName }, allowsAgent: await allowsAgent(iam, roleName, read) };
  } catch (error) {
    if (error instanceof NoSuchEntityException) return undefined;
    throw error;
  }
}

async function allowsAgent(iam: IAMClient, RoleName: string, read: Documents): Promise<boolean> {
  const documents: string[] = [];
  for await (const { AttachedPolicies = [] } of paginateListAttachedRolePolicies({ client: iam }, { RoleName })) {
    for (const { PolicyName = '', PolicyArn = '' } of AttachedPolicies) {
      const known = PolicyArn.includes(':iam::aws:policy/') ? KNOWN[PolicyName] : undefined;
      if (known === true) return true;
      if (known !== undefined) continue;
      const reading = read.get(PolicyArn) ?? readPolicy(iam, PolicyArn);
      read.set(PolicyArn, reading);
      documents.push(await reading);
    }
  }
  for await (const { PolicyNames = [] } of paginateListRolePolicies({ client: iam }, { RoleName })) {
    for (const PolicyName of PolicyNames) {
      const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
      documents.push(PolicyDocument);
    }
  }
  return allowsAll(documents.flatMap(statementsOf));
}

async function readPolicy(iam: IAMClient, PolicyArn: string): Promise<string> {
  const { Policy } = await iam.send(new GetPolicyCommand({ PolicyArn }));
  const VersionId = Policy?.DefaultVersionId;
  return (await iam.send(new GetPolicyVersionCommand({ PolicyArn, VersionId }))).PolicyVersion?.Document ?? '';
}

const oneOrMany = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

const statement = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMany.default([]),
  /** Every action but these, as in PowerUserAccess. */
  NotAction: oneOrMany.optional(),
  Resource: oneOrMany.default([]),
  Condition: z.unknown().optional(),
});
type Statement = z.infer<typeof statement>;

const document = z.object({ Statement: z.union([statement, z.array(statement)]).transform((value) => [value].flat()) });

/** IAM hands policy documents out URL-encoded. What cannot be understood allows nothing. */
function statementsOf(encoded: string): Statement[] {
  try {
    return document.parse(JSON.parse(decodeURIComponent(encoded))).Statement;
  } catch {
    return [];
  }
}

/** Exported for its test: whether these statements, taken together, allow every action that the agent needs. */
export const allowsAll = (statements: readonly Statement[]): boolean =>
  NEEDED.every((action) => {
    const isIn = (patterns: readonly string[]): boolean => patterns.some((pattern) => matches(pattern, action));
    const about = statements.filter(({ Action, NotAction }) => isIn(Action) || (NotAction && !isIn(NotAction)));
    if (about.some(({ Effect }) => Effect === 'Deny')) return false;
    // A condition may or may not hold on the instance: doubt means no.
    return about.some(
      ({ Effect, Resource, Condition }) => Effect === 'Allow' && Resource.includes('*') && Condition === undefined,
    );
  });

/** IAM's wildcards: `*` for any run of characters, `?` for one; actions know no case. */
function matches(pattern: string, action: string): boolean {
  const escaped = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${escaped}$`, 'i').test(action);
}
