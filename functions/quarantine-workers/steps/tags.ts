import { CreateTagsCommand } from '@aws-sdk/client-ec2';
import { QUARANTINE_TAG, quarantineTagValue } from '../../shared/fleet/scope.ts';
import { iso } from '../decision.ts';
import { TAGS } from '../found-quarantine.ts';
import { groupsTagValue, LONGEST_VALUE } from '../saved-in-tags.ts';
import { attempt, type StepReport, type StepSubject } from './step.ts';

export const QUARANTINE_TAGS = [TAGS.since, TAGS.groups, TAGS.why, TAGS.by] as const;

/**
 * Writes on the instance since when it is in quarantine, the security groups that it had, why, and what asked for the
 * reconcile: what a release goes by where the ledger has lost it.
 */
export const tagWorker = (subject: StepSubject): Promise<StepReport> =>
  attempt('tags', async () => {
    const { clients, instanceId, view, quarantine, note } = subject;
    const since = quarantineTagValue(quarantine.kind, iso(quarantine.startedAt));
    const groups = quarantine.kind === 'isolate' ? groupsTagValue(quarantine.saved) : '';
    // Interfaces that came meanwhile are in it, too. What was found again came from the tag itself.
    const isCurrent =
      quarantine.found !== undefined || view.tags[TAGS.groups] === undefined || view.tags[TAGS.groups] === groups;
    if (view.tags[QUARANTINE_TAG] === since && isCurrent) return { outcome: 'done' };
    const values = [since, groups, quarantine.exposures.join('; '), quarantine.by];
    const Tags = QUARANTINE_TAGS.map((Key, index) => ({ Key, Value: asTagValue(values[index] ?? '') }));
    const write = async (tags: typeof Tags) =>
      note('ec2', 'CreateTags', await clients.ec2.send(new CreateTagsCommand({ Resources: [instanceId], Tags: tags })));
    try {
      await write(Tags);
      return { outcome: 'done' };
    } catch (error) {
      if (!(error instanceof Error) || error.name !== 'TagLimitExceeded') throw error;
      // Fifty tags a resource: the one by which the worker is known may still find room. The others are for people.
      await write(Tags.slice(0, 1));
      return { outcome: 'done', note: `Its tags leave room for ${QUARANTINE_TAG} only.` };
    }
  });

/** The characters that every AWS service takes in tags. Source: "Tag naming limits and requirements". */
const asTagValue = (text: string): string => text.replaceAll(/[^\p{L}\p{N} _.:/=+\-@]/gu, ' ').slice(0, LONGEST_VALUE);
