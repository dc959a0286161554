import type { Update } from '@aws-sdk/client-eks';
import { controlPlaneOf } from '../../shared/fleet/control-plane.ts';
import { minorOf, nextVersion } from '../../shared/fleet/kubernetes-version.ts';
import type { Gates } from '../../shared/gates/gates.ts';
import type { Unwell } from '../../shared/gates/workload-gate.ts';
import type { NodeGroupKey } from '../../shared/ledger/node-group-key.ts';
import { NEW_NODE_GROUP, type NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import { machineImage } from '../../shared/releases/machine-image.fixture.ts';
import type { MachineImage } from '../../shared/releases/wanted-image.ts';
import type { NextVersion } from '../model/control-plane.ts';
import { HOUR, nodeGroup, unreadable } from '../model/observation.fixture.ts';
import type { CustomView, UpdateView, View } from '../model/observation.ts';
import type { AnyFleet, AnyGroup, Span, Trouble } from './any-fleet.fixture.ts';
import { AL2023, DAY, ReleaseHistory } from './release-history.fixture.ts';

/** Four days before clocks change in Berlin. */
const STARTS = { spring: '2027-03-24T00:00:00Z', autumn: '2026-10-21T00:00:00Z' };
/** The Kubernetes version of all control planes at first. */
const FIRST = 33;
/** The Kubernetes versions for which releases are watched all the time. */
const WATCHED = [29, 30, 31, 32, 33, 34].map((minor) => `1.${minor}`);

interface RunningUpdate {
  readonly updateId: string;
  readonly version: string;
  readonly releaseVersion: string;
  readonly endsAt: number;
  readonly willFail: boolean;
  result?: 'successful' | 'failed';
}

/** A node group as EKS has it, with what the ledger remembers of it. */
export interface ModelGroup {
  readonly given: AnyGroup;
  readonly key: NodeGroupKey;
  version: string;
  releaseVersion: string;
  /** How many of the node group's next updates fail. */
  failing: number;
  update?: RunningUpdate;
  state: NodeGroupState;
}

/** The Kubernetes version that a group runs at first. */
export const firstVersionOf = ({ isCustom, behind }: AnyGroup): string => `1.${FIRST - (isCustom ? 0 : behind)}`;

interface ModelCluster {
  version: string;
  readonly updates: Array<Update & { readonly endsAt: number; readonly to: string }>;
}

/**
 * A model of EKS, Systems Manager and CloudWatch for any fleet, as far as upgrades depend on them. Time goes by steps.
 */
export class EksModel {
  readonly start: number;
  readonly fleet: AnyFleet;
  readonly releases: ReleaseHistory;
  readonly groups: readonly ModelGroup[];
  readonly #clusters: readonly ModelCluster[];
  now: number;

  constructor(fleet: AnyFleet) {
    this.fleet = fleet;
    this.start = Date.parse(STARTS[fleet.season]);
    this.now = this.start;
    this.releases = new ReleaseHistory(this.start, fleet.releases);
    this.#clusters = fleet.clusters.map(() => ({ version: `1.${FIRST}`, updates: [] }));
    this.groups = fleet.groups.map((given, index) => {
      const version = firstVersionOf(given);
      return {
        given,
        key: { cluster: `c${given.cluster}`, nodegroup: `g${index}` },
        version,
        releaseVersion: given.isCustom ? imageId(0) : this.releases.nameOf(version, -40 - given.age),
        failing: given.failing,
        state: NEW_NODE_GROUP,
      };
    });
  }

  /** Whether a span contains the present moment. */
  lasts = ({ from, hours }: Span): boolean => {
    const hour = (this.now - this.start) / HOUR;
    return hour >= from && hour < from + hours;
  };

  has = ({ given, key }: ModelGroup, kind: Trouble['kind']): boolean =>
    kind === 'cluster-opted-out' || kind.startsWith('pods-')
      ? this.groups.some(
          (each) =>
            each.key.cluster === key.cluster && each.given.troubles.some((one) => one.kind === kind && this.lasts(one)),
        )
      : given.troubles.some((one) => one.kind === kind && this.lasts(one));

  clusterOf = ({ given }: ModelGroup): ModelCluster => {
    const cluster = this.#clusters[given.cluster];
    if (cluster === undefined) throw new Error(`There is no cluster c${given.cluster}.`);
    return cluster;
  };

  controlPlaneOf = (group: ModelGroup) =>
    controlPlaneOf(this.clusterOf(group).updates, this.start - 99 * DAY, this.now);

  isUpdating = (group: ModelGroup): boolean => group.update?.result === undefined && group.update !== undefined;

  /** Whether somebody else updates a node group. EKS takes no update of theirs while ours runs. */
  isUpdatedBySomebody = (group: ModelGroup): boolean =>
    !this.isUpdating(group) && this.has(group, 'updated-by-somebody');

  /** Takes an update, or says why EKS would refuse it. */
  update(group: ModelGroup, version: string, releaseVersion: string): string | undefined {
    const [from, to, most] = [group.version, version, this.clusterOf(group).version].map(minorOf) as [
      number,
      number,
      number,
    ];
    if (this.isUpdating(group) || this.isUpdatedBySomebody(group)) return 'ResourceInUseException';
    if (to > most || to < from || to < most - 3) return `no ${version} beside ${most}`;
    const willFail = group.failing > 0 || this.releases.isBad(releaseVersion);
    if (group.failing > 0) group.failing -= 1;
    group.update = { updateId: `u${this.now}`, version, releaseVersion, endsAt: this.now + HOUR, willFail };
    return undefined;
  }

  /** Does what is due by now: updates end, control planes change, the watcher looks. */
  advance(): void {
    for (const group of this.groups) {
      const { update } = group;
      if (update === undefined || update.result !== undefined || update.endsAt > this.now) continue;
      update.result = update.willFail ? 'failed' : 'successful';
      if (!update.willFail) Object.assign(group, { version: update.version, releaseVersion: update.releaseVersion });
    }
    for (const [index, cluster] of this.#clusters.entries()) this.#changeControlPlane(index, cluster);
    if ((this.now - this.start) % HOUR === 0) this.releases.watch(WATCHED, this.now);
  }

  #changeControlPlane(index: number, { updates, ...cluster }: ModelCluster): void {
    const { upgradedAt = Number.NaN, rolledBackAfter = Number.NaN } = this.fleet.clusters[index] ?? {};
    const hour = (this.now - this.start) / HOUR;
    const begin = (type: 'VersionUpdate' | 'VersionRollback', to: number) =>
      updates.push({
        id: `${type} c${index}`,
        type,
        status: 'InProgress',
        createdAt: new Date(this.now),
        endsAt: this.now + HOUR,
        to: `1.${to}`,
      });
    const running = updates.find(({ status, endsAt }) => status === 'InProgress' && endsAt <= this.now);
    if (running !== undefined) {
      running.status = 'Successful';
      const changed = this.#clusters[index];
      if (changed !== undefined) changed.version = running.to;
    }
    if (hour === upgradedAt) begin('VersionUpdate', FIRST + 1);
    // EKS rolls no control plane back behind its nodes.
    const isAhead = this.groups.some(
      ({ given, version, update }) => given.cluster === index && [version, update?.version].includes(`1.${FIRST + 1}`),
    );
    if (hour === upgradedAt + rolledBackAfter && !isAhead && cluster.version !== `1.${FIRST}`)
      begin('VersionRollback', FIRST);
  }

  #nextOf = (group: ModelGroup): string | undefined =>
    group.given.isCustom ? undefined : nextVersion(group.version, this.clusterOf(group).version);

  /** The view that a look has of a node group. */
  viewOf(group: ModelGroup): View {
    if (this.has(group, 'unreadable')) return unreadable('ServerException');
    const { key, given, version, releaseVersion, update } = group;
    const { version: controlPlane, updates } = this.clusterOf(group);
    const next = this.#nextOf(group);
    const isUnhealthy = this.has(group, 'unhealthy');
    const imageName = `amazon-eks-node-al2023-x86_64-standard-${version}-v${releaseVersion.split('-')[1]}`;
    const node = given.isCustom ? { imageId: releaseVersion, imageName: releaseVersion } : { imageName };
    const isBusy = this.isUpdating(group) || this.isUpdatedBySomebody(group);
    return nodeGroup({
      arn: `arn:aws:eks:eu-central-1:111122223333:nodegroup/${key.cluster}/${key.nodegroup}/1`,
      cluster: {
        status: updates.some(({ status }) => status === 'InProgress') ? 'UPDATING' : 'ACTIVE',
        version: controlPlane,
        tags: this.has(group, 'cluster-opted-out') ? { 'eks-host-remediator:ignore': '' } : {},
      },
      status: isBusy ? 'UPDATING' : isUnhealthy ? 'DEGRADED' : 'ACTIVE',
      version,
      releaseVersion,
      amiType: given.isCustom ? 'CUSTOM' : AL2023,
      tags: {
        ...(given.special !== undefined && { [given.special]: 'yes' }),
        ...(this.has(group, 'opted-out') && { 'eks-host-remediator:ignore': '' }),
      },
      healthIssues: isUnhealthy ? [{ code: 'IamNodeRoleNotFound', message: '' }] : [],
      nodes: [node, node],
      target: given.isCustom
        ? { kind: 'none', reason: 'unknown-ami-type', message: '' }
        : this.releases.targetOf(version, this.now),
      ...(given.isCustom && { custom: this.#customOf(group) }),
      ...(next !== undefined && { next: this.#nextVersionOf(group, next) }),
      ...(update !== undefined && group.state.upgrade !== undefined && { update: updateView(update) }),
    });
  }

  #nextVersionOf = (group: ModelGroup, version: string): NextVersion => ({
    version,
    target: this.releases.targetOf(version, this.now),
    controlPlane: this.controlPlaneOf(group),
    insights: this.hasInsights() ? [{ name: 'Deprecated APIs', why: '' }] : [],
  });

  hasInsights = (): boolean => this.fleet.insights !== undefined && this.lasts(this.fleet.insights);

  #imageOf = (id: string): MachineImage =>
    machineImage({ imageId: id, name: `golden-${id}`, createdAt: this.releases.publishedAt(id) });

  #customOf({ releaseVersion, version }: ModelGroup): CustomView {
    const made = [0, ...this.fleet.images].map(imageId).filter((id) => this.releases.publishedAt(id) <= this.now);
    const data = { ImageId: releaseVersion };
    const found = { templateId: 'lt-1', templateName: 'web-nodes', version: 7, tags: {}, data };
    return {
      wanted: { kind: 'named', candidates: made.map((id) => ({ image: this.#imageOf(id) })) },
      kubernetesVersion: version,
      present: { kind: 'found', found: this.#imageOf(releaseVersion) },
      template: { kind: 'found', found },
    };
  }

  /** The gates as a look reads them. */
  gates(): Gates {
    const closed = (kind: string) => this.fleet.gates.some((gate) => gate.kind === kind && this.lasts(gate));
    const unread = { kind: 'unreadable', error: 'no', code: 'AccessDenied', isThrottled: false } as const;
    const state = closed('alarm') ? 'ALARM' : closed('alarm-without-data') ? 'INSUFFICIENT_DATA' : 'OK';
    return {
      alarms: new Map([['errors', closed('alarm-unreadable') ? unread : { kind: 'alarm', state }]]),
      calendars: new Map([
        ['freeze', closed('calendar-unreadable') ? unread : { kind: 'calendar', isOpen: !closed('calendar') }],
      ]),
    };
  }

  /** The troubles that the Kubernetes API of a cluster tells of. */
  unwellIn(cluster: string): Unwell {
    const troubles = this.groups.filter(({ key }) => key.cluster === cluster).flatMap(({ given }) => given.troubles);
    const lasting = (kind: Trouble['kind']) => troubles.filter((each) => each.kind === kind && this.lasts(each));
    if (lasting('pods-unreadable').length > 0)
      return { kind: 'unreadable', error: 'no', code: 'forbidden', isThrottled: false };
    const pods = lasting('pods-pending').map(({ from }) => ({
      namespace: 'shop',
      name: 'cart',
      since: this.start + from * HOUR,
    }));
    return { kind: 'found', nodes: [], pods };
  }
}

const imageId = (day: number): string => `ami-${day}`;

function updateView({ updateId, result }: RunningUpdate): UpdateView {
  if (result === undefined) return { kind: 'in-progress', updateId };
  const errors = [{ code: 'PodEvictionFailure', message: '' }];
  return result === 'failed' ? { kind: 'failed', updateId, errors } : { kind: 'successful', updateId };
}
