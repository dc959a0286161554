import type { CallRecord } from '../account/service.ts';
import { amiAgesOf } from '../ami-age.ts';
import { type EmbeddedAccount, openAccount } from '../embedded-account.ts';
import type { Fleet } from '../fleet.ts';
import type { SynthesizedStack } from '../stack/template.ts';
import { groupsOf } from './fleet-groups.ts';
import { HOUR, type Rules } from './rules.ts';
import { UpdatePeaks } from './update-peaks.ts';
import { type GroupVerdict, judgeGroup, judgePeaks, updatesOf } from './verdict.ts';

/** How often the age of the nodes' AMIs is taken down, ms. */
const SAMPLE_EVERY = 6 * HOUR;

export interface ReplayOptions {
  readonly fleet: Fleet;
  readonly synthesized: SynthesizedStack;
  /** End of the replay, epoch ms; it begins where the fleet does. */
  readonly until: number;
  readonly rules: Rules;
  readonly seed?: number;
  /** Hears of the AWS calls that functions make. */
  readonly onCall?: (call: CallRecord) => void;
  /** Called at each sample. */
  readonly onSample?: (soFar: Replay) => void;
}

/** A replay under way or over. */
export interface Replay {
  readonly account: EmbeddedAccount;
  readonly peaks: UpdatePeaks;
  /** Ages in days of the AMIs that the nodes of a group ran, over all samples, by `cluster/nodegroup`. */
  readonly ages: ReadonlyMap<string, readonly number[]>;
  /** AWS calls that functions made. */
  readonly calls: number;
}

/** What the replay showed, against what could be expected. */
export interface ReplayVerdict {
  readonly groups: readonly GroupVerdict[];
  /** How the blast budget was exceeded, as sentences. */
  readonly breaches: readonly string[];
}

/** Plays a fleet through its releases under the default policy. Keeps no calls and no records: a year has too many. */
export async function replayFleet(options: ReplayOptions): Promise<Replay> {
  const { fleet, synthesized, until, seed = 1, onCall, onSample } = options;
  const ages = new Map<string, number[]>();
  let calls = 0;
  const account = await openAccount({
    fleet,
    seed,
    synthesized,
    onCall: (call) => {
      if (call.function === 'operator') return;
      calls += 1;
      if (call.operation === 'UpdateNodegroupVersion') peaks.look();
      onCall?.(call);
    },
  });
  const { eks } = account.fleet;
  const peaks = new UpdatePeaks(eks);
  const { time } = account;
  while (time.now < until) {
    for (const cluster of eks.clusters.keys()) {
      for (const group of eks.nodeGroupsOf(cluster)) {
        const subject = `${cluster}/${group.name}`;
        ages.set(subject, [...(ages.get(subject) ?? []), ...amiAgesOf(account.fleet, group)]);
      }
    }
    await account.play(Math.min(SAMPLE_EVERY, until - time.now));
    onSample?.({ account, peaks, ages, calls });
  }
  return { account, peaks, ages, calls };
}
