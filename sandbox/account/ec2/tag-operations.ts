import {
  CreateTags$,
  type CreateTagsCommandInput,
  type CreateTagsCommandOutput,
  DeleteTags$,
  type DeleteTagsCommandInput,
  type DeleteTagsCommandOutput,
} from '@aws-sdk/client-ec2';
import { type Operation, operation } from '../service.ts';
import { permissionOn, refuseReserved, refuseTooMany, requestContext, tagsOf } from './resources.ts';
import { tagMap } from './search.ts';
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
  };
}
