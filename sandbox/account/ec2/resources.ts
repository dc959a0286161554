import type { TagSpecification } from '@aws-sdk/client-ec2';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import type { Permission } from '../service.ts';
import { existingInstance } from './existing-instance.ts';
import { existingOne, tagMap } from './search.ts';
import type { Ec2State } from './state.ts';

/** Kinds of resources with ids and tags: the type in ARNs, and the error code when one does not exist. */
const kinds = {
  eni: { type: 'network-interface', code: 'InvalidNetworkInterfaceID', what: 'networkInterface ID' },
  sg: { type: 'security-group', code: 'InvalidGroup', what: 'security group' },
  snap: { type: 'snapshot', code: 'InvalidSnapshot', what: 'snapshot' },
  eipalloc: { type: 'elastic-ip', code: 'InvalidAllocationID', what: 'allocation ID' },
  lt: { type: 'launch-template', code: 'InvalidLaunchTemplateId', what: 'launch template' },
  subnet: { type: 'subnet', code: 'InvalidSubnetID', what: 'subnet ID' },
} as const;

type Kind = keyof typeof kinds;

const kindOf = (id: string): Kind | undefined => {
  const prefix = id.slice(0, id.indexOf('-'));
  return Object.keys(kinds).find((kind): kind is Kind => kind === prefix);
};

/** @throws AwsError `<kind>.NotFound`, NotImplemented for a resource whose tags the sandbox does not keep */
export function tagsOf(state: Ec2State, id: string): Map<string, string> {
  const kind = kindOf(id);
  if (kind === undefined) {
    if (id.startsWith('i-') || !id.includes('-')) return existingInstance(state.instances, id).tags;
    throw new NotImplemented(`tags of ${id}`);
  }
  return existingOne(find(state, kind, id), id, kinds[kind].code, kinds[kind].what).tags;
}

function find(state: Ec2State, kind: Kind, id: string): { readonly tags: Map<string, string> } | undefined {
  const { networks, snapshots, launchTemplates } = state;
  switch (kind) {
    case 'eni':
      return networks.interfaces.get(id);
    case 'sg':
      return networks.securityGroups.get(id);
    case 'snap':
      return snapshots.get(id);
    case 'eipalloc':
      return networks.addresses.get(id);
    case 'lt':
      return launchTemplates.find(id);
    case 'subnet':
      return networks.subnets.get(id);
  }
}

/** A permission on an existing resource, with its tags, as IAM evaluates it. */
export function permissionOn(
  state: Ec2State,
  action: string,
  id: string,
  context: NonNullable<Permission['context']> = {},
): Permission {
  const kind = kindOf(id);
  const tags = kind === undefined ? state.instances.get(id)?.tags : find(state, kind, id)?.tags;
  const ofResource = [...(tags ?? [])].flatMap(([key, value]) => [
    [`aws:ResourceTag/${key}`, value],
    [`ec2:ResourceTag/${key}`, value],
  ]);
  return {
    action: `ec2:${action}`,
    resource: arnOf(state, kind === undefined ? 'instance' : kinds[kind].type, id),
    context: { ...Object.fromEntries(ofResource), ...context },
  };
}

/** The permissions that a creating call needs: on the new resource, and to tag it. */
export function creationPermissions(
  state: Ec2State,
  action: string,
  type: string,
  specifications: readonly TagSpecification[] | undefined,
): Permission[] {
  const tags = requestedTags(specifications, type);
  const context = requestContext(tags);
  const resource = arnOf(state, type, '*');
  const creation = { action: `ec2:${action}`, resource, context };
  if (tags.size === 0) return [creation];
  return [creation, { action: 'ec2:CreateTags', resource, context: { ...context, 'ec2:CreateAction': action } }];
}

/** The condition keys for the tags of a request. */
export const requestContext = (tags: ReadonlyMap<string, string>): Record<string, string | string[]> =>
  tags.size === 0
    ? {}
    : {
        ...Object.fromEntries([...tags].map(([key, value]) => [`aws:RequestTag/${key}`, value])),
        'aws:TagKeys': [...tags.keys()],
      };

export const arnOf = ({ world }: Ec2State, type: string, id: string): string => {
  // Only ARNs of snapshots have no account.
  const account = type === 'snapshot' ? '' : world.accountId;
  return `arn:${world.partition}:ec2:${world.region}:${account}:${type}/${id}`;
};

/**
 * The tags that a request sets on the new resource.
 * @throws InvalidParameterValue for a type that the call does not create, or a reserved key
 */
export function requestedTags(
  specifications: readonly TagSpecification[] | undefined,
  type: string,
): Map<string, string> {
  const [first, ...others] = specifications ?? [];
  if (first === undefined) return new Map();
  if (others.length > 0 || first.ResourceType !== type) {
    const wrong = [first, ...others].find(({ ResourceType }) => ResourceType !== type)?.ResourceType ?? type;
    throw new AwsError('InvalidParameterValue', `'${wrong}' is not a valid taggable resource type for this operation.`);
  }
  const tags = tagMap(first.Tags);
  refuseReserved(tags.keys());
  refuseTooMany([], tags);
  return tags;
}

/** The maximum number of user tags per resource. Source: EC2 user guide, "Tag your Amazon EC2 resources". */
const MOST_TAGS = 50;
const LONGEST_KEY = 128;
const LONGEST_VALUE = 256;

/** @throws TagLimitExceeded, InvalidParameterValue for a key or a value that is too long */
export function refuseTooMany(present: Iterable<string>, added: ReadonlyMap<string, string>): void {
  for (const [key, value] of added) {
    if (key.length === 0 || key.length > LONGEST_KEY) {
      throw new AwsError('InvalidParameterValue', `Tag key exceeds the maximum length of ${LONGEST_KEY} characters.`);
    }
    if (value.length > LONGEST_VALUE) {
      throw new AwsError(
        'InvalidParameterValue',
        `Tag value exceeds the maximum length of ${LONGEST_VALUE} characters.`,
      );
    }
  }
  const keys = new Set([...present, ...added.keys()]);
  if ([...keys].filter((key) => !key.startsWith('aws:')).length <= MOST_TAGS) return;
  throw new AwsError('TagLimitExceeded', 'The maximum number of Tags for a resource has been reached.');
}

/** @throws InvalidParameterValue for a reserved key */
export function refuseReserved(keys: Iterable<string>): void {
  for (const key of keys) {
    if (!key.startsWith('aws:')) continue;
    throw new AwsError('InvalidParameterValue', `Tag keys starting with 'aws:' are reserved for internal use`);
  }
}
