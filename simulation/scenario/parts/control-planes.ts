import { changeControlPlane } from '../../../sandbox/fleet/control-planes.ts';
import type { Run } from '../../../sandbox/play.ts';
import type { Draw } from '../choices.ts';
import type { Fleet, Group } from '../fleet.ts';
import type { Ground, Part } from '../part.ts';
import type { Mode, Policy } from '../policy.ts';
import { type OfSelfManaged, PARAMETERS } from './self-managed.ts';

/** What somebody does to the control planes of a day, and what the policy says of it all day. */
export interface ControlPlanes {
  /** In their order. What EKS refuses at that time is not done. */
  readonly changes: readonly ControlPlaneChange[];
  /** Node groups that are a Kubernetes version behind their control plane from the start. */
  readonly behind: readonly Group[];
  /** Whether node groups follow their control plane. */
  readonly mode: Mode;
  readonly followAfterMinutes: number;
  /** How much later than those for the first Kubernetes version the releases for the next one come, hours. */
  readonly releasesLag: number;
  /** When the AMI of its owner for the next Kubernetes version comes out, minutes. */
  readonly imageAtMinute: number;
}

interface ControlPlaneChange {
  readonly cluster: string;
  readonly atMinute: number;
  readonly type: 'VersionUpdate' | 'VersionRollback' | 'CertificateAuthorityUpdate';
  readonly lastsMinutes: number;
  readonly fails: boolean;
}

/** The Kubernetes version of each control plane at first, and what it can be upgraded to. */
export const [FIRST_VERSION, NEXT_VERSION] = ['1.33', '1.34'] as const;
/** The Kubernetes version of node groups that are behind. */
const FORMER_VERSION = '1.32';
/** The AMI of its owner for the next Kubernetes version. */
export const NEXT_IMAGE = 'ami-0123456789abcdef2';

/** The members of a scenario for it. */
export interface OfControlPlanes {
  /** Absent: nobody changes control planes, and all nodes run their version. */
  readonly controlPlanes?: ControlPlanes;
}

/**
 * Draws what becomes of control planes for a sixth of all days: an upgrade, in some of them a rollback and another
 * upgrade, or an update of the certificate authority.
 */
function drawControlPlanes(draw: Draw, { clusters, groups }: Ground): OfControlPlanes {
  if (!draw.happens(0.16)) return {};
  const some = clusters.filter(() => draw.happens(0.7));
  return {
    controlPlanes: {
      changes: (some.length === 0 ? clusters : some).flatMap((cluster) => drawChanges(draw, cluster)),
      behind: groups.filter(() => draw.happens(0.2)),
      mode: draw.of('enforce', 'enforce', 'enforce', 'enforce', 'observe'),
      followAfterMinutes: draw.of(1, 60, 240, 360),
      releasesLag: draw.of(0, 0, 3),
      imageAtMinute: draw.number(30, 600),
    },
  };
}

function drawChanges(draw: Draw, cluster: string): ControlPlaneChange[] {
  let at = 0;
  const change = (
    type: ControlPlaneChange['type'],
    [least, most]: readonly [number, number],
    fails: boolean,
  ): ControlPlaneChange => {
    const drawn = { cluster, atMinute: at + draw.number(least, most), type, lastsMinutes: draw.number(8, 60), fails };
    at = drawn.atMinute + drawn.lastsMinutes;
    return drawn;
  };
  return [
    ...(draw.happens(0.2) ? [change('CertificateAuthorityUpdate', [10, 120], false)] : []),
    ...(draw.happens(0.15) ? [change('VersionUpdate', [10, 60], true)] : []),
    change('VersionUpdate', [10, 200], false),
    ...(draw.happens(0.4) ? [change('VersionRollback', [5, 240], draw.happens(0.2))] : []),
    ...(draw.happens(0.4) ? [change('VersionUpdate', [5, 180], false)] : []),
  ];
}

/** Begins a change of a control plane, where EKS takes it then. */
export function beginChange(
  { cluster: name, type, lastsMinutes, fails }: ControlPlaneChange,
  { account }: Pick<Run, 'account'>,
): void {
  const cluster = account.fleet.eks.cluster(name);
  const target = type === 'VersionUpdate' ? NEXT_VERSION : FIRST_VERSION;
  const isOfVersion = type !== 'CertificateAuthorityUpdate';
  if (isOfVersion && cluster.version === target) return;
  changeControlPlane(account.fleet, cluster, {
    type,
    version: isOfVersion ? target : undefined,
    lasts: `${lastsMinutes}m`,
    fails,
  });
}

const STRICTNESS: readonly Mode[] = ['off', 'observe', 'enforce'];

/** The mode in which node groups follow their control plane under a policy: that of upgrades bounds it. */
export const followingMode = ({ upgrades }: Policy, { mode }: ControlPlanes): Mode =>
  STRICTNESS.indexOf(mode) < STRICTNESS.indexOf(upgrades.mode) ? mode : upgrades.mode;

/** A drawn policy with what it says of node groups that follow their control plane. */
const withControlPlanes = (policy: Policy, { controlPlanes }: OfControlPlanes): Policy =>
  controlPlanes === undefined
    ? policy
    : {
        ...policy,
        upgrades: {
          ...policy.upgrades,
          controlPlane: { mode: controlPlanes.mode, followAfter: `${controlPlanes.followAfterMinutes}m` },
        },
      };

/** A drawn fleet with node groups that are behind, and with releases and AMIs for the other Kubernetes versions. */
function fleetWithControlPlanes(fleet: Fleet, { controlPlanes, selfManaged }: OfControlPlanes & OfSelfManaged): Fleet {
  if (controlPlanes === undefined) return fleet;
  const { behind, releasesLag, imageAtMinute } = controlPlanes;
  const isBehind = (cluster: string, nodeGroup: string): boolean =>
    behind.some((one) => one.cluster === cluster && one.nodeGroup === nodeGroup);
  return {
    ...fleet,
    releases: [
      ...fleet.releases,
      ...fleet.releases.flatMap((release) => [
        releaseFor(FORMER_VERSION, release),
        releaseFor(NEXT_VERSION, release, releasesLag),
      ]),
    ],
    clusters: fleet.clusters.map((cluster) => ({
      ...cluster,
      nodeGroups: cluster.nodeGroups.map((group) => ({
        ...group,
        ...(isBehind(cluster.name, group.name) && { version: FORMER_VERSION }),
      })),
    })),
    ...(selfManaged !== undefined && {
      images: [
        ...(fleet.images ?? []),
        {
          imageId: NEXT_IMAGE,
          name: `golden-eks-${NEXT_VERSION}-1`,
          at: `+${imageAtMinute}m`,
          kubernetesVersion: NEXT_VERSION,
          parameter: `${PARAMETERS}/${NEXT_VERSION}`,
        },
      ],
    }),
  };
}

/** The release of the same day for another Kubernetes version, so many hours later, but for one that is old already. */
function releaseFor(
  kubernetesVersion: string,
  { at, releaseVersion, ...release }: Fleet['releases'][number],
  lag = 0,
): Fleet['releases'][number] {
  const [, hours] = /^\+(\d+)h$/.exec(at) ?? [];
  return {
    ...release,
    kubernetesVersion,
    releaseVersion: releaseVersion.replace(/^1\.\d+/, kubernetesVersion),
    at: hours === undefined ? at : `+${Number(hours) + lag}h`,
  };
}

export const CONTROL_PLANES: Part<OfControlPlanes & OfSelfManaged> = {
  stream: 'control-planes',
  draw: drawControlPlanes,
  policy: withControlPlanes,
  fleet: fleetWithControlPlanes,
};
