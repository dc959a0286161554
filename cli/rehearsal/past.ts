import { type Activity, paginateDescribeScalingActivities } from '@aws-sdk/client-auto-scaling';
import { DescribeUpdateCommand, paginateListUpdates, type Update } from '@aws-sdk/client-eks';
import { answered, type Finding, failedTo, type Ground, open, outcomeOf } from './ground.ts';

/**
 * Checks past events, which may answer a question before anybody asks it. Auto Scaling keeps the activities of a group
 * for six weeks (API reference, DescribeScalingActivities), and EKS returns earlier updates.
 */

const ACTIVITIES_PER_PAGE = 100;
/** A thousand activities per group, more than most groups have in six weeks. */
const PAGES = 10;
/** How many updates of a group are described, in EKS's order. */
const UPDATES = 10;
/** Activities that start within this time after another count as one batch, ms. */
const ONE_BATCH = 60_000;
const MINUTE = 60_000;

/** What an activity did to which instance, from Auto Scaling's wording: "Terminating EC2 instance: i-0123". */
interface Deed {
  readonly what: string;
  readonly instanceId: string;
  readonly cause: string;
  /** Epoch milliseconds. */
  readonly from: number;
  readonly to: number | undefined;
}

function deedOf({ Description = '', Cause = '', StartTime, EndTime }: Activity): Deed[] {
  const [, what = '', instanceId] = /^(.+): (i-[0-9a-f]+)/.exec(Description) ?? [];
  if (instanceId === undefined || StartTime === undefined) return [];
  return [{ what, instanceId, cause: Cause, from: StartTime.getTime(), to: EndTime?.getTime() }];
}

const isEnd = ({ what }: Deed): boolean => what.startsWith('Terminating');

interface Past {
  readonly group: string;
  /** Earliest first. */
  readonly deeds: readonly Deed[];
}

const read = new WeakMap<Ground, Promise<Finding | Past[]>>();

/** The past of each managed node group, read once; or why Auto Scaling cannot be read. */
function pastOf(ground: Ground): Promise<Finding | Past[]> {
  const reading = read.get(ground) ?? readPast(ground);
  read.set(ground, reading);
  return reading;
}

async function readPast({ clients, groups }: Ground): Promise<Finding | Past[]> {
  const all: Past[] = [];
  for (const { nodegroupName = '', resources } of groups) {
    for (const { name: AutoScalingGroupName } of resources?.autoScalingGroups ?? []) {
      const outcome = await outcomeOf(async () => {
        const deeds: Deed[] = [];
        const config = { client: clients.autoScaling, pageSize: ACTIVITIES_PER_PAGE };
        let page = 0;
        for await (const { Activities = [] } of paginateDescribeScalingActivities(config, { AutoScalingGroupName })) {
          deeds.push(...Activities.flatMap(deedOf));
          page += 1;
          if (page === PAGES) break;
        }
        return deeds;
      });
      if (!('answer' in outcome)) return failedTo(`DescribeScalingActivities of ${nodegroupName}`, outcome);
      all.push({ group: nodegroupName, deeds: outcome.answer.toSorted((one, other) => one.from - other.from) });
    }
  }
  return all;
}

/** Searches the past of every node group, and says where it shows nothing. */
async function inPast(ground: Ground, look: (group: string, deeds: readonly Deed[]) => string[], nothing: string) {
  const past = await pastOf(ground);
  if (!Array.isArray(past)) return [past];
  const told = past.flatMap(({ group, deeds }) => look(group, deeds));
  return told.length === 0 ? [open(`${nothing} in the last six weeks`)] : told.map(answered);
}

/** Members that were terminated while in standby, with the cause. */
export const endedInStandby = (ground: Ground): Promise<Finding[]> =>
  inPast(
    ground,
    (group, deeds) => {
      const held = new Set<string>();
      return deeds.flatMap((deed) => {
        const { what, instanceId, cause } = deed;
        if (/ to standby/i.test(what)) held.add(instanceId);
        else if (/out of standby/i.test(what)) held.delete(instanceId);
        return isEnd(deed) && held.has(instanceId) ? [`${group}: ${instanceId} was ended in standby: ${cause}`] : [];
      });
    },
    'no member was ended in standby',
  );

/** Members that were detached, with the current status of their node group. */
export const detached = (ground: Ground): Promise<Finding[]> => {
  const issues = new Map(
    ground.groups.map(({ nodegroupName = '', status, health }) => [
      nodegroupName,
      [status, ...(health?.issues ?? []).map(({ code }) => code)].join(', '),
    ]),
  );
  return inPast(
    ground,
    (group, deeds) =>
      deeds.flatMap(({ what, instanceId, from }) =>
        what.startsWith('Detaching')
          ? [
              `${group}: ${instanceId} was detached at ${new Date(from).toISOString()}; the group is ${issues.get(group)}`,
            ]
          : [],
      ),
    'no member was detached',
  );
};

/** The terminations of members by batch: one that starts within a minute of the previous one belongs to its batch. */
function batchesOf(deeds: readonly Deed[]): Deed[][] {
  const batches: Deed[][] = [];
  for (const deed of deeds.filter(isEnd)) {
    const last = batches.at(-1);
    const previous = last?.at(-1);
    if (last !== undefined && previous !== undefined && deed.from - previous.from <= ONE_BATCH) last.push(deed);
    else batches.push([deed]);
  }
  return batches;
}

/** How many members were terminated at once, compared with the group's percentage. */
export async function unavailableShares(ground: Ground): Promise<Finding[]> {
  const shares = ground.groups.flatMap(({ nodegroupName: name = '', updateConfig, scalingConfig }) => {
    const percent = updateConfig?.maxUnavailablePercentage;
    if (percent === undefined) return [];
    const share = ((scalingConfig?.desiredSize ?? 0) * percent) / 100;
    return [{ name, words: `${name}: ${percent} % are ${share} nodes` }];
  });
  if (shares.length === 0) return [open('no node group here has it')];
  const past = await pastOf(ground);
  if (!Array.isArray(past)) return [past];
  return shares.map(({ name, words }) => {
    const sizes = past
      .filter(({ group }) => group === name)
      .flatMap(({ deeds }) => batchesOf(deeds))
      .map(({ length }) => length);
    return sizes.length === 0
      ? open(`${words}; none has left in the last six weeks: its next update shows how many leave at once`)
      : answered(`${words}; at most ${Math.max(...sizes)} have left at once in the last six weeks`);
  });
}

/** The longest pause between two batches of terminated members that one update may have caused. */
export const batchTimes = (ground: Ground): Promise<Finding[]> =>
  inPast(
    ground,
    (group, deeds) => {
      const ends = deeds.filter(isEnd).flatMap(({ from, to }) => (to === undefined ? [] : [to - from]));
      const starts = batchesOf(deeds).flatMap(([first]) => first?.from ?? []);
      const pauses = starts.flatMap((from, index) => {
        const before = starts[index - 1];
        // Batches that are hours apart hardly belong to one update.
        return before === undefined || from - before > SAME_UPDATE ? [] : [from - before];
      });
      if (ends.length === 0) return [];
      const between =
        pauses.length === 0 ? '' : `, and at most ${minutes(Math.max(...pauses))} from one batch to the next`;
      return [`${group}: ${ends.length} nodes ended, in ${minutes(Math.max(...ends))} at most${between}`];
    },
    'no node has ended',
  );

const SAME_UPDATE = 3 * 60 * MINUTE;
const minutes = (ms: number): string => `${Math.round(ms / MINUTE)} min`;

/**
 * How the updates of the matching node groups ended.
 * @param what describes them, after their names
 */
export async function updatesOf(
  { clients, cluster, groups }: Ground,
  what: string,
  test: (group: Ground['groups'][number]) => boolean,
): Promise<Finding[]> {
  const chosen = groups.filter(test);
  if (chosen.length === 0) return [open(`no node group here ${what}`)];
  const findings: Finding[] = [];
  for (const { nodegroupName = '' } of chosen) {
    const which = { name: cluster.name ?? '', nodegroupName };
    const outcome = await outcomeOf(async () => {
      const updates: Update[] = [];
      for await (const { updateIds = [] } of paginateListUpdates({ client: clients.eks }, which)) {
        for (const updateId of updateIds.slice(0, UPDATES - updates.length)) {
          const { update } = await clients.eks.send(new DescribeUpdateCommand({ ...which, updateId }));
          if (update !== undefined) updates.push(update);
        }
        if (updates.length === UPDATES) break;
      }
      return updates.map(inWords);
    });
    if (!('answer' in outcome)) findings.push(failedTo(`updates of ${nodegroupName}`, outcome));
    else if (outcome.answer.length === 0) findings.push(open(`${nodegroupName} ${what}, and EKS tells of no update`));
    else findings.push(answered(`${nodegroupName} ${what}: ${outcome.answer.join('; ')}`));
  }
  return findings;
}

const inWords = ({ type, status, createdAt, errors = [] }: Update): string =>
  `${type} of ${createdAt?.toISOString() ?? 'an unknown time'} ${status}${errors
    .map(({ errorCode, errorMessage }) => ` (${errorCode}: ${errorMessage})`)
    .join('')}`;
