import { recordIn } from '../../functions/shared/records/record-line.ts';
import type { EksState } from '../account/eks/state.ts';
import type { CallRecord } from '../account/service.ts';
import { type EmbeddedAccount, openAccount } from '../embedded-account.ts';
import { amiAgesOf } from '../fleet/ami-age.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { SynthesizedStack } from '../stack/template.ts';
import { groupsOf } from './fleet-groups.ts';
import { HOUR, type Rules } from './rules.ts';
import { type GroupUpdate, type GroupVerdict, judgeGroup, judgePeaks, type Peaks } from './verdict.ts';

/** How often the age of the nodes' AMIs is sampled, ms. */
const SAMPLE_EVERY = 6 * HOUR;

export interface ReplayOptions {
  readonly fleet: Fleet;
  readonly synthesized: SynthesizedStack;
  /** Duration of the run, ms. */
  readonly duration: number;
  /** Text of the policy document; default: an empty one. */
  readonly policy?: string;
  /** As in the account's options. */
  readonly inProcess?: boolean;
  /** Called for each AWS call of a function. */
  readonly onCall?: (call: CallRecord) => void;
  /** Called with each sample. */
  readonly onSample?: (soFar: Replay) => void;
}

/** The nodes of one node group at one moment. */
export interface Sample {
  /** Epoch ms. */
  readonly at: number;
  readonly cluster: string;
  readonly nodegroup: string;
  /** Age of each node's AMI, in days since its release was published. */
  readonly ages: readonly number[];
}

/**
 * The results of a replay (so far), read from the account itself. Only notifications to people are read from records.
 */
export interface Replay {
  readonly account: EmbeddedAccount;
  /** Epoch ms. */
  readonly from: number;
  readonly peaks: Peaks;
  readonly samples: readonly Sample[];
  /** Number of AWS calls by functions. */
  readonly calls: number;
  /** When records reported the end of a node group's AMIs, epoch ms, by `cluster/nodegroup`. */
  readonly endsTold: ReadonlyMap<string, readonly number[]>;
}

/** Runs a fleet through its releases. Keeps neither calls nor records: a year has too many. */
export async function replayFleet(options: ReplayOptions): Promise<Replay> {
  const { fleet, synthesized, duration, policy, inProcess = false, onCall, onSample } = options;
  const samples: Sample[] = [];
  let peaks: Peaks = { byCluster: new Map(), account: 0 };
  const endsTold = new Map<string, number[]>();
  let calls = 0;
  const account = await openAccount({
    fleet,
    seed: 1,
    synthesized,
    inProcess,
    ...(policy !== undefined && { policy }),
    onLine: (line) => {
      if (!line.includes('"end-of-life"')) return;
      const { reason, cluster, nodegroup, time = '' } = recordIn(line) ?? {};
      if (reason !== 'end-of-life') return;
      const group = `${cluster}/${nodegroup}`;
      endsTold.set(group, [...(endsTold.get(group) ?? []), Date.parse(time)]);
    },
    onCall: (call) => {
      if (call.function === 'operator') return;
      calls += 1;
      // The peak is reached when another update has just started.
      if (call.operation === 'UpdateNodegroupVersion') peaks = higher(peaks, updatesUnderWay(account.fleet.eks));
      onCall?.(call);
    },
  });
  const from = account.time.now;
  const soFar = (): Replay => ({ account, from, peaks, samples, calls, endsTold });
  for (let played = 0; played < duration; played += SAMPLE_EVERY) {
    await account.play(Math.min(SAMPLE_EVERY, duration - played));
    for (const group of nodeGroups(account.fleet.eks)) {
      const { cluster, name: nodegroup } = group;
      const ages = amiAgesOf(account.fleet, group);
      samples.push({ at: account.time.now, cluster: cluster.name, nodegroup, ages });
    }
    onSample?.(soFar());
  }
  return soFar();
}

/** The updates of a node group in the account, in the order of their start. */
export const updatesOf = ({ account }: Replay, cluster: string, nodegroup: string): GroupUpdate[] =>
  account.fleet.eks
    .updatesOf(cluster, nodegroup)
    .map(({ params = [], createdAt, status = 'InProgress' }) => ({
      releaseVersion: params.find(({ type }) => type === 'ReleaseVersion')?.value ?? '',
      startedAt: createdAt.getTime(),
      status,
    }))
    .sort((a, b) => a.startedAt - b.startedAt);

/** The results of a replay, compared with the expectations. */
export interface ReplayVerdict {
  readonly groups: readonly GroupVerdict[];
  /** All violations of the rules, as sentences; empty if there are none. */
  readonly faults: readonly string[];
}

export function judgeReplay(replay: Replay, fleet: Fleet, rules: Rules): ReplayVerdict {
  const { account, from, peaks, endsTold } = replay;
  const expected = groupsOf(fleet);
  const period = { from, to: account.time.now };
  const groups = expected.map((group) => {
    const updates = updatesOf(replay, group.cluster, group.nodegroup);
    const endTold = endsTold.get(`${group.cluster}/${group.nodegroup}`) ?? [];
    return judgeGroup(group, expected, { updates, endTold }, rules, period);
  });
  const groupFaults = groups.flatMap(({ group: { cluster, nodegroup }, faults }) =>
    faults.map((fault) => `${cluster}/${nodegroup} ${fault}`),
  );
  return { groups, faults: [...judgePeaks(peaks, rules), ...groupFaults] };
}

const nodeGroups = (eks: EksState) => [...eks.clusters.keys()].flatMap((cluster) => eks.nodeGroupsOf(cluster));

/** How many node groups are being updated at this moment, by EKS's own state. */
function updatesUnderWay(eks: EksState): Peaks {
  const updating = nodeGroups(eks).filter(({ status }) => status === 'UPDATING');
  const clusters = Map.groupBy(updating, ({ cluster }) => cluster.name);
  const byCluster = new Map([...clusters].map(([cluster, groups]) => [cluster, groups.length]));
  return { byCluster, account: updating.length };
}

function higher(a: Peaks, b: Peaks): Peaks {
  const clusters = new Set([...a.byCluster.keys(), ...b.byCluster.keys()]);
  const most = (cluster: string) => Math.max(a.byCluster.get(cluster) ?? 0, b.byCluster.get(cluster) ?? 0);
  return {
    byCluster: new Map([...clusters].map((cluster) => [cluster, most(cluster)])),
    account: Math.max(a.account, b.account),
  };
}
