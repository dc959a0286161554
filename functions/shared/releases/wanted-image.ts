import { iso } from '../runtime/clock.ts';
import { anotherKindByName, kubernetesIn } from './image-name.ts';

/** An AMI, with what decides whether a host may move to it. */
export interface MachineImage {
  readonly imageId: string;
  readonly name: string;
  /** The account that owns it. */
  readonly owner: string;
  /** A value such as `arm64`. */
  readonly architecture: string;
  /** The platform that EC2 bills, such as `Linux/UNIX` or `Red Hat Enterprise Linux`. */
  readonly platform: string;
  /** A value such as `/dev/xvda`. */
  readonly rootDevice: string;
  /** `ebs` or `instance-store`. */
  readonly rootDeviceType: string;
  readonly virtualization: string;
  /** A value such as `available`. */
  readonly state: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** Epoch milliseconds. */
  readonly deprecatedAt?: number;
  /** Whether the account's settings for allowed AMIs admit it; absent where EC2 does not say. */
  readonly isAllowed?: boolean;
}

/** An AMI that the policy names. */
export interface Candidate {
  readonly image: MachineImage;
  /**
   * Since when the parameter has named the AMI, epoch milliseconds; absent where the AMI was found by owner and name.
   */
  readonly namedAt?: number;
}

/** An AMI that a group may move to. */
export interface OfferedImage {
  readonly imageId: string;
  readonly name: string;
  /** Start of its bake time, epoch milliseconds: its creation or its naming, whichever came later. */
  readonly since: number;
}

/** The AMIs that a group may move to, among all that the policy names. */
export interface Offer {
  /** AMIs that are newer than the present one, by their creation, oldest first. */
  readonly newer: readonly OfferedImage[];
  /**
   * The place of the present AMI among the named ones: it is the newest of them, newer than all of them, or older than
   * some; or none is named.
   */
  readonly present: 'newest' | 'newer-than-named' | 'outdated' | 'none-named';
  /** AMIs that would be newer, and why each is not used, newest first. The reason is the end of a sentence. */
  readonly refused: ReadonlyArray<{ readonly image: MachineImage; readonly why: string }>;
}

interface Here {
  /**
   * The newest Kubernetes minor version that nodes may run, such as `1.33`: that of the control plane, or the one
   * before it.
   */
  readonly controlPlane: string;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * The AMIs, among those that the policy names, that a group may move to; a pure function. A group moves only to an AMI
 * of the same kind: never to another owner, architecture or operating system, and never to an older AMI.
 */
export function offerOf(candidates: readonly Candidate[], present: MachineImage, here: Here): Offer {
  const others = candidates
    .filter(({ image }) => image.imageId !== present.imageId)
    .toSorted((a, b) => a.image.createdAt - b.image.createdAt || (a.image.imageId < b.image.imageId ? -1 : 1));
  const later = others.filter(({ image }) => image.createdAt > present.createdAt);
  const judged = later.map((candidate) => ({ ...candidate, why: whyNot(candidate.image, present, here) }));
  const isNamed = others.length < candidates.length;
  return {
    newer: judged.flatMap(({ image: { imageId, name, createdAt }, namedAt = createdAt, why }) =>
      why === undefined ? [{ imageId, name, since: Math.max(createdAt, namedAt) }] : [],
    ),
    present: later.length > 0 ? 'outdated' : isNamed ? 'newest' : others.length > 0 ? 'newer-than-named' : 'none-named',
    refused: judged.flatMap(({ image, why }) => (why === undefined ? [] : [{ image, why }])).reverse(),
  };
}

/**
 * The newest on offer that has baked, or else the one that will bake first; undefined where there is none.
 *
 * @param newer AMIs or releases, oldest first. Their bake time begins at `since`, epoch milliseconds.
 */
export function newestBaked<Offered extends { readonly since: number }>(
  newer: readonly Offered[],
  bakeAge: number,
  now: number,
): Offered | undefined {
  const [first] = newer.toSorted((a, b) => a.since - b.since);
  return newer.findLast(({ since }) => since + bakeAge <= now) ?? first;
}

/** Why no host should be launched from an AMI, as the end of a sentence; undefined where one may be. A pure function. */
export function whyNotLaunched({ state, deprecatedAt, isAllowed }: MachineImage, now: number): string | undefined {
  if (state !== 'available') return `it is ${state}`;
  if (deprecatedAt !== undefined && deprecatedAt <= now) return `it is deprecated since ${iso(deprecatedAt)}`;
  return isAllowed === false ? "the account's settings for allowed AMIs do not admit it" : undefined;
}

/** Why a host of the present AMI cannot move to another one, as the end of a sentence; undefined where it can. */
function whyNot(image: MachineImage, present: MachineImage, { controlPlane, now }: Here): string | undefined {
  const unfit = whyNotLaunched(image, now);
  if (unfit !== undefined) return unfit;
  for (const [what, of] of COMPARED) {
    // A fact that EC2 does not tell about one of the two is a doubt, and so the AMI is not used.
    if (of(image) === '' || of(image) !== of(present)) {
      return `${what} is ${of(image) || 'unknown'}, and that of the present one ${of(present) || 'unknown'}`;
    }
  }
  const anotherKind = anotherKindByName(image.name, present.name);
  if (anotherKind !== undefined) return anotherKind;
  const newest = Number(/^1\.(\d+)$/.exec(controlPlane)?.[1] ?? 0);
  const [kubelet = 0, running = 0] = [kubernetesIn(image.name), kubernetesIn(present.name)];
  // A present AMI with a newer number shows that the number means something else, because a kubelet newer than its
  // control plane cannot join.
  if (kubelet > newest && running <= newest) {
    return `by its name it is for Kubernetes 1.${kubelet}, and the nodes may run ${controlPlane} at most, as their control plane allows`;
  }
  // A pattern or a parameter may name AMIs for several versions, of which the one built last need not be the newest. The
  // nodes may run the next version: the control plane has just been upgraded, and somebody has moved the group by hand.
  if (running <= newest + 1 && kubelet > 0 && kubelet < running) {
    return `by its name it is for Kubernetes 1.${kubelet}, and the present one for 1.${running}: nodes are never moved back`;
  }
  return undefined;
}

/** The facts that must be the same. Another root device would turn the template's root volume into a second one. */
const COMPARED: ReadonlyArray<readonly [what: string, of: (image: MachineImage) => string]> = [
  ['its owner', ({ owner }) => owner],
  ['its architecture', ({ architecture }) => architecture],
  ['its platform', ({ platform }) => platform],
  ['its root device', ({ rootDevice }) => rootDevice],
  ['the type of its root device', ({ rootDeviceType }) => rootDeviceType],
  ['its virtualization', ({ virtualization }) => virtualization],
];
