import { type Activity, paginateDescribeScalingActivities } from '@aws-sdk/client-auto-scaling';
import { DescribeUpdateCommand, paginateListUpdates, type Update } from '@aws-sdk/client-eks';
import { answered, type Finding, failedTo, type Ground, open, outcomeOf } from './ground.ts';

/**
 * Looks at what has happened: Auto Scaling keeps the activities of a group for six weeks (API reference,
 * DescribeScalingActivities), and EKS tells of earlier updates. So a question may have been answered before anybody asks it.
 */

const ACTIVITIES_PER_PAGE = 100;
/** A thousand activities a group are more than most groups have in six weeks. */
const PAGES = 10;
/** Of the updates of a group so many are described, in the order in which EKS lists them. */
const UPDATES = 10;
/** What begins so shortly after another counts as one batch, ms. */
const ONE_BATCH = 60_000;
const MINUTE = 60_000;

/** What an activity did to which instance, by the words of Auto Scaling: "Terminating EC2 instance: i-0123". */
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
  /** The earliest first. */
  readonly deeds: readonly Deed[];
}

const read = new WeakMap<Ground, Promise<Finding | Past[]>>();

/** What has happened to each managed node group, read once; or why Auto Scaling does not tell. */
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

/** Looks through the past of every node group; where that tells nothing, says so. */
async function inPast(ground: Ground, look: (group: string, deeds: readonly Deed[]) => string[], nothing: string) {
  const past = await pastOf(ground);
  if (!Array.isArray(past)) return [past];
  const told = past.flatMap(({ group, deeds }) => look(group, deeds));
  return told.length === 0 ? [open(`${nothing} in the last six weeks`)] : told.map(answered);
}

/** Members that were ended while they were in standby, and by what cause. */
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

/** Members that were detached, and how their group stands by now. */
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

/** The ends of members, by batch: what begins within a minute of the one before belongs to one. */
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

/** How many members left at once, beside what the group's percentage comes to. */
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

/** How long it took from one batch of members that left to the next one, at most, where an update may have caused both. */
export const batchTimes = (ground: Ground): Promise<Finding[]> =>
  inPast(
    ground,
    (group, deeds) => {
      const ends = deeds.filter(isEnd).flatMap(({ from, to }) => (to === undefined ? [] : [to - from]));
      const starts = batchesOf(deeds).flatMap(([first]) => first?.from ?? []);
      const pauses = starts.flatMap((from, index) => {
        const before = starts[index - 1];
        // Hours apart they are hardly of one update.
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

/** How the updates of those node groups ended. @param what they are, after their names */
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
