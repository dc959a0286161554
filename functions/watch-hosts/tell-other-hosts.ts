import type { EKSClient } from '@aws-sdk/client-eks';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { NOTHING_TOLD, type Telling, tellOnce } from '../shared/ledger/tell-once.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import type { Clock } from '../shared/runtime/clock.ts';
import { readOtherHostsTold, saveOtherHostsTold, type Told } from './hosts-ledger.ts';
import type { Observation } from './observe.ts';
import { decideOtherHosts, type FargateProfiles, readFargateProfiles } from './other-hosts.ts';
import type { Reason } from './reasons.ts';
import type { Recorder } from './remediation.ts';

interface TellDeps {
  readonly eks: EKSClient;
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly clock: Clock;
  readonly caller: string;
}

/** Records which hosts of clusters AWS or their owner looks after. */
export async function tellOtherHosts(
  deps: TellDeps,
  trigger: Trigger,
  { watched, unread }: Observation,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  const profiles = await readFargateProfiles(
    deps.eks,
    watched.map(({ name }) => name),
  );
  const decisions = new Map(
    watched.map((cluster) => [cluster.name, decideOtherHosts(cluster, profiles.get(cluster.name) ?? GONE_PROFILES)]),
  );
  const known = await readOtherHostsTold(deps.ledger);
  const tellOf = async (cluster: string): Promise<void> => {
    if (unread.has(cluster)) return;
    const decision = decisions.has(cluster) ? decisions.get(cluster) : OVER;
    if (decision === undefined) return;
    const about = { subject: { cluster }, trigger, incident: `other hosts ${cluster}`, check: 'other-hosts' };
    const before: Told = known.get(cluster) ?? NOTHING_TOLD;
    const save = (state: Told, writer: string) =>
      saveOtherHostsTold(deps.ledger, cluster, state, deps.clock.now(), writer);
    await tellOnce(deps, before, about, decision, save);
  };
  for (const cluster of new Set([...decisions.keys(), ...known.keys()])) await tellOf(cluster).catch(onTrouble);
}

const GONE_PROFILES: FargateProfiles = { kind: 'gone' };

const OVER: Telling<Reason> = {
  decision: 'done',
  reason: 'no-other-hosts',
  message: 'The cluster does not exist any more, or is left alone.',
  variant: 'over',
};
