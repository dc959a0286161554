import { kubernetesMinor } from '../account/eks/ami-types.ts';
import type { EksCluster, EksInsight } from '../account/eks/cluster.ts';
import type { FleetCluster, FleetProblem } from './fleet.ts';
import type { FleetState } from './state.ts';
import { parseDuration, parseTime } from './time.ts';

type ControlPlaneUpdate = FleetCluster['controlPlaneUpdates'][number];

const DAY_MS = 86_400_000;

/** EKS rolls a control plane back within seven days of its upgrade (EKS user guide, "Roll back a cluster"). */
const ROLLBACK_WITHIN_MS = 7 * DAY_MS;

/** How many minor versions a node may be older than its control plane (Kubernetes version skew policy). */
const MAX_SKEW = 3;

/**
 * The impossible updates of a control plane. EKS upgrades by one minor version, and rolls back by one within seven days
 * of an upgrade.
 */
export function controlPlaneProblems(cluster: FleetCluster, path: string, startsAt: number): FleetProblem[] {
  const updates = cluster.controlPlaneUpdates.map((update, index) => ({
    ...update,
    path: `${path}.controlPlaneUpdates[${index}]`,
    from: parseTime(update.at, startsAt) ?? startsAt,
    to: (parseTime(update.at, startsAt) ?? startsAt) + (parseDuration(update.lasts) ?? 0),
  }));
  const problems: FleetProblem[] = [];
  // Updates before the start have led to the version at the start.
  let version = updates
    .filter(({ from }) => from < startsAt)
    .reduceRight(versionBefore, kubernetesMinor(cluster.version));
  let upgradedAt: number | undefined;
  let free = Number.NEGATIVE_INFINITY;
  for (const update of updates) {
    if (update.from < free) {
      problems.push({ path: `${update.path}.at`, message: 'begins before the one before it has ended' });
    }
    if (update.from < startsAt && update.to >= startsAt) {
      problems.push({ path: `${update.path}.lasts`, message: 'must have ended before the start' });
    }
    free = update.to;
    if (update.version === undefined) continue;
    const [isUp, target] = [update.type === 'VersionUpdate', kubernetesMinor(update.version)];
    if (target !== version + (isUp ? 1 : -1)) {
      const message = `must be 1.${version + (isUp ? 1 : -1)}: EKS goes from 1.${version} by one minor version`;
      problems.push({ path: `${update.path}.version`, message });
    } else if (!isUp && (upgradedAt === undefined || update.from > upgradedAt + ROLLBACK_WITHIN_MS)) {
      problems.push({ path: `${update.path}.at`, message: 'EKS rolls back within 7 days of an upgrade only' });
    }
    if (update.fails) continue;
    version = target;
    upgradedAt = isUp ? update.from : undefined;
  }
  return problems;
}

const versionBefore = (version: number, { type, version: to, fails }: ControlPlaneUpdate): number =>
  to === undefined || fails ? version : version + (type === 'VersionUpdate' ? -1 : 1);

/** Schedules the updates of a control plane by the fleet file. Updates before the start are already in EKS's list. */
export function planControlPlane(state: FleetState, cluster: EksCluster, { controlPlaneUpdates }: FleetCluster): void {
  const { time } = state.world;
  const startsAt = time.now;
  for (const update of controlPlaneUpdates) {
    const at = parseTime(update.at, startsAt) ?? startsAt;
    if (at < startsAt) open(state, cluster, update, at).status = update.fails ? 'Failed' : 'Successful';
    else time.at(at, () => change(state, cluster, update));
  }
}

const open = ({ eks }: FleetState, cluster: EksCluster, { type, version }: AskedUpdate, at?: number) =>
  eks.openUpdate(
    { clusterName: cluster.name },
    { type, params: version === undefined ? [] : [{ type: 'Version', value: version }] },
    at,
  );

/** An update of a control plane that begins now. */
type AskedUpdate = Pick<ControlPlaneUpdate, 'type' | 'version' | 'lasts' | 'fails'>;

/** @throws Error for an update that EKS would refuse at that time, so that the file asks for something impossible */
function change(state: FleetState, cluster: EksCluster, asked: ControlPlaneUpdate): void {
  const refused = changeControlPlane(state, cluster, asked);
  if (refused === undefined) return;
  throw new Error(`controlPlaneUpdates of cluster ${cluster.name} at ${asked.at}: ${refused}`);
}

/**
 * Begins an update of a control plane, as somebody does who calls EKS.
 *
 * @returns why EKS refuses it; undefined: it has begun
 */
export function changeControlPlane(state: FleetState, cluster: EksCluster, asked: AskedUpdate): string | undefined {
  if (cluster.status !== 'ACTIVE') return `the cluster is ${cluster.status} then`;
  const target = kubernetesMinor(asked.version ?? cluster.version);
  const movers = state.eks.nodeGroupsOf(cluster.name).flatMap(({ name }) =>
    state.eks
      .updatesOf(cluster.name, name)
      .filter(({ status }) => status === 'InProgress')
      .flatMap(({ params = [] }) => params.find(({ type }) => type === 'Version')?.value ?? [])
      .map((version) => ({ name, version })),
  );
  for (const { name, version } of [...movers, ...state.eks.nodeGroupsOf(cluster.name), ...nodesOf(state, cluster)]) {
    const nodes = kubernetesMinor(version);
    if (nodes > target) return `${name} runs Kubernetes ${version} then, which is newer`;
    if (nodes < target - MAX_SKEW) return `${name} runs Kubernetes ${version} then, which is too old`;
  }
  const update = open(state, cluster, asked);
  cluster.status = 'UPDATING';
  state.world.time.after(parseDuration(asked.lasts) ?? 0, () => {
    cluster.status = 'ACTIVE';
    update.status = asked.fails ? 'Failed' : 'Successful';
    if (asked.fails || asked.version === undefined) return;
    cluster.version = asked.version;
    state.karpenter.get(cluster.name)?.followControlPlane();
  });
  return undefined;
}

/**
 * The nodes of a cluster, whoever runs them: none may be newer than a control plane that is rolled back (EKS user guide,
 * "Roll back a cluster").
 */
const nodesOf = ({ instances }: FleetState, { name }: EksCluster) =>
  instances
    .list()
    .flatMap(({ id, kubernetes, state }) =>
      kubernetes?.clusterName === name && (state === 'pending' || state === 'running')
        ? [{ name: id, version: kubernetes.version }]
        : [],
    );

/** The upgrade insights of a cluster, whose status changes as the file says. */
export function seedInsights({ world }: FleetState, { name: cluster, insights }: FleetCluster): EksInsight[] {
  const random = world.random.fork(`eks-insights ${cluster}`);
  return insights.map(({ changes, ...file }) => {
    const insight: EksInsight = { id: random.uuid(), ...file, changedAt: world.time.now };
    for (const { at, status } of changes) {
      world.time.at(parseTime(at, world.time.now) ?? world.time.now, () => {
        insight.status = status;
        insight.changedAt = world.time.now;
      });
    }
    return insight;
  });
}

/** Has EKS report health issues of a cluster for a while, as the fleet file says. */
export function planHealth({ world: { time } }: FleetState, cluster: EksCluster, { health }: FleetCluster): void {
  for (const { from, until, ...issue } of health) {
    time.at(timeOf(from, time.now), () => {
      cluster.issues = [...cluster.issues, issue];
    });
    if (until === undefined) continue;
    time.at(timeOf(until, time.now), () => {
      cluster.issues = cluster.issues.filter((each) => each !== issue);
    });
  }
}

const timeOf = (text: string | undefined, now: number): number =>
  text === undefined ? now : (parseTime(text, now) ?? now);
