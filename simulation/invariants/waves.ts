import type { EksNodeGroup } from '../../sandbox/account/eks/state.ts';
import { GATE, placeOf } from '../rollout.ts';
import { type Day, type Invariant, isChange } from './invariant.ts';

const IGNORE = 'eks-host-remediator:ignore';
const MINUTE_MS = 60_000;

/** An upgrade may start some minutes after its gate was read: calls are repeated with pauses. */
const GATE_READ_WITHIN_MS = 10 * MINUTE_MS;

/** A release that a node group runs, or ran. */
interface Run {
  readonly releaseVersion: string;
  /** Epoch ms. */
  readonly since: number;
  /** Absent: the release still runs. */
  until?: number;
}

/** A release takes wave after wave, its first node group goes alone, and nothing starts while the gate is closed. */
export function waves(day: Day): Invariant {
  const { account } = day.run;
  const { eks } = account.fleet;
  const { waves: planned, gate } = day.scenario;
  const runs = new Map<EksNodeGroup, Run[]>();

  const groups = (): EksNodeGroup[] => [...eks.clusters.keys()].flatMap((name) => eks.nodeGroupsOf(name));
  const runsOf = (group: EksNodeGroup): Run[] => runs.get(group) ?? [];
  const nameOf = ({ cluster, name }: EksNodeGroup): string => `${cluster.name}/${name}`;

  /** Keeps since when each node group runs what it runs. */
  const look = (): void => {
    for (const group of groups()) {
      const { releaseVersion = '' } = group;
      const known = runsOf(group);
      const last = known.at(-1);
      if (last?.releaseVersion === releaseVersion) continue;
      if (last !== undefined) last.until = account.time.now;
      runs.set(group, [...known, { releaseVersion, since: account.time.now }]);
    }
  };

  const checkOrder = (group: EksNodeGroup, releaseVersion: string): void => {
    if (planned === undefined) return;
    const placeIn = ({ cluster, name, tags }: EksNodeGroup): number =>
      placeOf(planned, { cluster: cluster.name, nodeGroup: name }, tags);
    const place = placeIn(group);
    const takers = groups().filter(({ amiType, tags }) => amiType === group.amiType && !Object.hasOwn(tags, IGNORE));
    const hasBaked = (other: EksNodeGroup): boolean =>
      runsOf(other).some(
        (run) =>
          run.releaseVersion === releaseVersion &&
          (run.until ?? account.time.now) - run.since >= planned.bakeMinutes * MINUTE_MS,
      );
    // A node group that moved on sooner has passed the release over. Then another one of its wave must have tried it.
    const isPassed = (other: EksNodeGroup): boolean =>
      hasBaked(other) ||
      ((other.releaseVersion ?? '') > releaseVersion &&
        takers.some((mate) => placeIn(mate) === placeIn(other) && hasBaked(mate)));
    const behind = takers.find((other) => placeIn(other) < place && !isPassed(other));
    if (behind !== undefined) {
      day.breach('the order of waves', `${nameOf(group)} takes ${releaseVersion} before ${nameOf(behind)}`);
    }
    const isTaken = takers.some((other) => runsOf(other).some((run) => run.releaseVersion === releaseVersion));
    const mover = takers.find(
      (other) =>
        other !== group &&
        eks
          .updatesOf(other.cluster.name, other.name)
          .some(
            ({ status, params }) => status === 'InProgress' && params?.some(({ value }) => value === releaseVersion),
          ),
    );
    if (!isTaken && mover !== undefined) {
      day.breach('the first one goes alone', `${nameOf(group)} takes ${releaseVersion} beside ${nameOf(mover)}`);
    }
  };

  const checkGate = (group: EksNodeGroup): void => {
    const last = account.cloudWatch.alarms.all.find(({ watched }) => watched.definition.name === GATE)?.history.at(-1);
    if (last === undefined || last.to === 'OK' || last.at + GATE_READ_WITHIN_MS > account.time.now) return;
    day.breach('the gate', `${nameOf(group)} is upgraded, and ${GATE} is ${last.to}`);
  };

  return {
    onTick: look,
    onCall(call) {
      look();
      if (call.operation !== 'UpdateNodegroupVersion' || !isChange(call)) return;
      const { clusterName, nodegroupName, releaseVersion } = call.input;
      const group = groups().find(({ cluster, name }) => cluster.name === clusterName && name === nodegroupName);
      if (group === undefined) return;
      checkOrder(group, String(releaseVersion));
      if (gate !== undefined) checkGate(group);
    },
  };
}
