import {
  CreateTags$,
  type CreateTagsCommandInput,
  type CreateTagsCommandOutput,
  DeleteTags$,
  type DeleteTagsCommandInput,
  type DeleteTagsCommandOutput,
  DescribeTags$,
  type DescribeTagsCommandInput,
  type DescribeTagsCommandOutput,
  type TagDescription,
} from '@aws-sdk/client-ec2';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import { type Operation, operation } from '../service.ts';
import type { FilterFields } from './filters.ts';
import { permissionOn, refuseReserved, refuseTooMany, requestContext, tagsOf } from './resources.ts';
import { search, tagMap } from './search.ts';
import type { Ec2State } from './state.ts';

/** Tags of all EC2 resources whose tags the sandbox keeps. */
export function tagOperations(state: Ec2State): Record<string, Operation> {
  const permissions = (action: string) => (input: CreateTagsCommandInput | DeleteTagsCommandInput) =>
    (input.Resources ?? []).map((id) => permissionOn(state, action, id, requestContext(tagMap(input.Tags))));
  return {
    CreateTags: operation<CreateTagsCommandInput, CreateTagsCommandOutput>(
      CreateTags$,
      ['Resources', 'Tags'],
      ({ Resources = [], Tags = [] }) => {
        const tagged = Resources.map((id) => tagsOf(state, id));
        refuseReserved(Tags.map(({ Key = '' }) => Key));
        for (const tags of tagged) refuseTooMany(tags.keys(), tagMap(Tags));
        for (const tags of tagged) for (const { Key = '', Value = '' } of Tags) tags.set(Key, Value);
        return {};
      },
      permissions('CreateTags'),
    ),
    DeleteTags: operation<DeleteTagsCommandInput, DeleteTagsCommandOutput>(
      DeleteTags$,
      ['Resources', 'Tags'],
      ({ Resources = [], Tags }) => {
        for (const tags of Resources.map((id) => tagsOf(state, id))) {
          const doomed = Tags ?? [...tags].map(([Key]) => ({ Key }));
          for (const tag of doomed) {
            const { Key = '', Value = undefined } = { Value: undefined, ...tag };
            // If a value is given, EC2 deletes the tag only when it has that value.
            if (!Key.startsWith('aws:') && (Value === undefined || tags.get(Key) === Value)) tags.delete(Key);
          }
        }
        return {};
      },
      permissions('DeleteTags'),
    ),
    DescribeTags: operation<DescribeTagsCommandInput, DescribeTagsCommandOutput>(
      DescribeTags$,
      ['Filters', 'MaxResults', 'NextToken'],
      (input) => describeTags(state, input),
    ),
  };
}

/**
 * The tags of instances; those of other resources are not asked for. A terminated instance keeps them for a while (EC2
 * user guide, "Terminate Amazon EC2 instances").
 */
function describeTags({ instances }: Ec2State, input: DescribeTagsCommandInput) {
  const filters = input.Filters ?? [];
  const types = filters.find(({ Name }) => Name === 'resource-type')?.Values ?? [];
  if (types.join() !== 'instance') throw new NotImplemented('DescribeTags of other resources than instances');
  if (filters.some(({ Name }) => Name === 'tag-key')) {
    throw new AwsError('InvalidParameterValue', "The filter 'tag-key' is invalid");
  }
  // The request has no IncludeManagedResources. It is not documented whether it hides what that would show: here it does.
  const shown = instances.list().filter(({ operator }) => operator === undefined);
  const tags = shown.flatMap(({ id, tags: own }) =>
    [...own].map(([Key, Value]): TagDescription => ({ ResourceId: id, ResourceType: 'instance', Key, Value })),
  );
  const place = ({ ResourceId, Key }: TagDescription) => `${ResourceId} ${Key}`;
  const own = ({ Key = '', Value = '' }: TagDescription) => new Map([[Key, Value]]);
  const { items, nextToken } = search(tags, place, tagFields, own, input, 1000);
  return { Tags: items, NextToken: nextToken };
}

const tagFields: FilterFields<TagDescription> = {
  key: ({ Key }) => Key,
  value: ({ Value }) => Value,
  'resource-id': ({ ResourceId }) => ResourceId,
  'resource-type': ({ ResourceType }) => ResourceType,
};
