import { CreateTagsCommand } from '@aws-sdk/client-ec2';
import { QUARANTINE_TAG, quarantineTagValue } from '../../shared/fleet/scope.ts';
import { iso } from '../../shared/runtime/clock.ts';
import { TAGS } from '../model/found-quarantine.ts';
import { groupsTagValue, LONGEST_VALUE } from '../model/saved-in-tags.ts';
import { attempt, type StepReport, type StepSubject } from './step.ts';

export const QUARANTINE_TAGS = [TAGS.since, TAGS.groups, TAGS.why, TAGS.by] as const;

/**
 * Writes tags on the instance: when its quarantine began, its previous security groups, the reason, and what asked for
 * the reconcile. A release uses the tags where the ledger has lost the quarantine.
 */
export const tagWorker = (subject: StepSubject): Promise<StepReport> =>
  attempt('tags', async () => {
    const { clients, instanceId, view, quarantine, note } = subject;
    const since = quarantineTagValue(quarantine.kind, iso(quarantine.startedAt));
    const groups = quarantine.kind === 'isolate' ? groupsTagValue(quarantine.saved) : '';
    // The tag includes interfaces that were attached meanwhile. A quarantine that was found by its tags has its state
    // from the tags.
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
      // A resource has at most fifty tags. The tag that identifies a worker in quarantine may still fit; the others are
      // for people.
      await write(Tags.slice(0, 1));
      return { outcome: 'done', note: `Its tags leave room for ${QUARANTINE_TAG} only.` };
    }
  });

/** Replaces the characters that not every AWS service accepts in tags. Source: "Tag naming limits and requirements". */
const asTagValue = (text: string): string => text.replaceAll(/[^\p{L}\p{N} _.:/=+\-@]/gu, ' ').slice(0, LONGEST_VALUE);
