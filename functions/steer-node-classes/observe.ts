import type { EKSClient } from '@aws-sdk/client-eks';
import { type ClusterReader, createClusterReader } from '../shared/fleet/fleet.ts';
import { readOwner } from '../shared/fleet/identity.ts';
import { describeImages } from '../shared/fleet/images.ts';
import { groupOfClass } from '../shared/fleet/node-class-name.ts';
import type { Owner } from '../shared/fleet/owners.ts';
import { isOptedOut } from '../shared/fleet/scope.ts';
import { groupOfPool } from '../shared/fleet/worker.ts';
import { isKubernetesAccessError } from '../shared/kubernetes/access-error.ts';
import type { KubernetesClient } from '../shared/kubernetes/client.ts';
import type { NotOpened } from '../shared/kubernetes/open-cluster.ts';
import { type Need, readNeeds } from '../shared/ledger/finding-ledger.ts';
import { withReadableItems } from '../shared/ledger/ledger.ts';
import { NEVER_SEEN, NODE_CLASS_PK, type NodeClassState } from '../shared/ledger/node-class-ledger.ts';
import { subjectOf } from '../shared/ledger/node-group-key.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import { placeOfGroup, policyAt } from '../shared/policy/policy-at.ts';
import { imageNamed, type NamedImage, selectionOf } from './alias.ts';
import type { ClusterAsked } from './batch.ts';
import type { Observation } from './decision.ts';
import { ALL_CLASSES, type ClassView, type View } from './node-class.ts';
import { type OfferClients, readOffer } from './offer.ts';
import { type Policy, READS } from './policy.ts';
import { type FoundClass, NEEDED, readNodeClasses } from './read-node-classes.ts';
import { whyTooMany } from './too-many.ts';

export type OpenCluster = (name: string) => Promise<KubernetesClient | NotOpened>;

export interface ObserveClients extends OfferClients {
  readonly eks: EKSClient;
}

export interface Looking {
  readonly clients: ObserveClients;
  readonly readCluster: ClusterReader;
  readonly openCluster: OpenCluster;
  readonly policy: Policy | InvalidPolicy;
  /** The states of all node classes, by `subjectOf`. */
  readonly states: ReadonlyMap<string, NodeClassState>;
  /** Epoch milliseconds. */
  readonly now: number;
}

/** @returns a reader of clusters for one reconcile */
export const clusterReaderOf = ({ eks }: Pick<ObserveClients, 'eks'>): ClusterReader =>
  createClusterReader(eks, 'tell');

/** What is seen of a cluster. */
export interface Seen {
  readonly observations: readonly Observation[];
  /** The errors with which some classes could not be looked at: they have no observations. */
  readonly troubles: readonly unknown[];
}

/** Reads the node classes of one cluster, and what is known of those that it does not have any more. */
export async function observeCluster(looking: Looking, asked: ClusterAsked): Promise<Seen> {
  const { clients, readCluster, policy, states } = looking;
  const { cluster, trigger, requests } = asked;
  const owner = await readOwner(clients.eks, readCluster, { cluster });
  const unseen = new Map<string, unknown>();
  const views = await viewsOf(looking, cluster, owner, policyHere(policy, cluster, owner), unseen);
  const known = [...states.keys()].filter((subject) => subject.startsWith(`${cluster}/`));
  // A class that is not shown although all can be read is gone.
  const ofAll = views.get(ALL_CLASSES);
  const rest: View = ofAll === undefined || ofAll.kind === 'readable' ? { kind: 'gone' } : ofAll;
  for (const subject of [...requests.keys(), ...known]) {
    const nodegroup = subject.slice(cluster.length + 1);
    if (!views.has(nodegroup) && !unseen.has(nodegroup)) views.set(nodegroup, rest);
  }
  const needs = await readNeeds(clients.ledger, poolsAmong(cluster, views.values()));
  const inLedger = ([nodegroup]: readonly [string, View]) => subjectOf({ cluster, nodegroup });
  const readable = withReadableItems(clients.ledger, NODE_CLASS_PK, [...views], inLedger);
  const observations = readable.map(([nodegroup, view]): Observation => {
    const key = { cluster, nodegroup };
    const state = states.get(subjectOf(key)) ?? NEVER_SEEN;
    const request = requests.get(subjectOf(key));
    const need = gravest(poolsAmong(cluster, [view]).flatMap((subject) => needs.get(subject) ?? []));
    return {
      key,
      trigger: request?.trigger ?? trigger,
      owner,
      view,
      state,
      ...(need !== undefined && { need }),
      ...(request !== undefined && request.trigger.id !== state.answered && { request }),
    };
  });
  return { observations, troubles: [...unseen.values()] };
}

/** The node pools of classes, by `subjectOf`. */
const poolsAmong = (cluster: string, views: Iterable<View>): string[] =>
  [...views].flatMap((view) =>
    view.kind === 'class' ? view.pools.map(({ name }) => subjectOf({ cluster, nodegroup: groupOfPool(name) })) : [],
  );

/** The need that hastens most: an urgent one, and of these the one that Inspector confirmed last. */
const gravest = (needs: readonly Need[]): Need | undefined =>
  needs.toSorted(
    (a, b) => Number(b.urgency === 'urgent') - Number(a.urgency === 'urgent') || b.verifiedAt - a.verifiedAt,
  )[0];

/**
 * The policy that holds for the node classes of a cluster, or for one of them.
 *
 * @param marks the labels and annotations of the class, which count as tags
 */
export function policyHere(
  policy: Policy | InvalidPolicy,
  cluster: string,
  owner: Owner,
  marks: ClassView['marks'] = {},
): Policy | InvalidPolicy {
  return policyAt<typeof READS, Policy>(policy, placeOfGroup({ cluster }, owner, marks), READS);
}

/**
 * The views of a cluster, by the names of their groups; none of a cluster that does not exist.
 *
 * @param unseen gets the error of each class whose AMIs or releases cannot be read: one class stops no other
 */
async function viewsOf(
  looking: Looking,
  cluster: string,
  owner: Owner,
  policy: Policy | InvalidPolicy,
  unseen: Map<string, unknown>,
): Promise<Map<string, View>> {
  // Where nothing may be done, the cluster is not asked.
  const isOff = isInvalid(policy) || policy.killSwitch || policy.nodeClasses.mode === 'off';
  if (isOff || isOptedOut(owner.tags) || owner.unreadable !== undefined || owner.notAWorker !== undefined) {
    return new Map([[ALL_CLASSES, { kind: 'unread' }]]);
  }
  if ((await looking.readCluster(cluster)).kind === 'gone') return new Map();
  try {
    const kubernetes = await looking.openCluster(cluster);
    if ('refused' in kubernetes) return unreadable(kubernetes.refused, 'refused');
    const lacking = await kubernetes.lackingAccess(NEEDED);
    if (lacking.length > 0) {
      const why = `The cluster does not allow this: ${lacking.join(', ')}. Apply the rights: npm run -s rbac | kubectl apply -f -`;
      return unreadable(why, 'access');
    }
    const found = await readNodeClasses(kubernetes);
    if (typeof found === 'string') return unreadable(found, 'too-many');
    const { classes, malformed, autoMode, hasKinds } = found;
    // Classes that were known here are gone together with their kind.
    if (!hasKinds && !knowsClasses(looking.states, cluster)) return unreadable(NO_KINDS, 'no-kinds');
    const tooMany = whyTooMany(looking.states, cluster, [...classes.map(({ name }) => name), ...malformed.keys()]);
    if (tooMany !== undefined) return unreadable(tooMany, 'too-many');
    const views = new Map<string, View>([[ALL_CLASSES, { kind: 'readable' }]]);
    for (const { name, pools } of autoMode) views.set(`nodeclass:${name}`, { kind: 'auto-mode', name, pools });
    for (const [name, why] of malformed) views.set(groupOfClass(name), { kind: 'malformed', why, variant: why });
    for (const each of classes) {
      const nodegroup = groupOfClass(each.name);
      const view = await viewOf(looking, cluster, each).catch((error: unknown) => void unseen.set(nodegroup, error));
      if (view !== undefined) views.set(nodegroup, view);
    }
    return views;
  } catch (error) {
    if (!isKubernetesAccessError(error)) throw error;
    return unreadable(error.message, error.problem);
  }
}

/** Source: karpenter.sh, "v1 Migration": up to 0.37 Karpenter has v1beta1 only. */
const NO_KINDS =
  'The cluster has nodes of Karpenter, and no EC2NodeClass, NodePool and NodeClaim of v1: its Karpenter is older than 1.0, or was removed.';

const knowsClasses = (states: Looking['states'], cluster: string): boolean =>
  [...states.keys()].some(
    (subject) => subject.startsWith(`${cluster}/`) && subject !== subjectOf({ cluster, nodegroup: ALL_CLASSES }),
  );

const unreadable = (why: string, variant: string): Map<string, View> =>
  new Map([[ALL_CLASSES, { kind: 'unreadable', why, variant }]]);

async function viewOf(
  { clients, readCluster, now }: Looking,
  cluster: string,
  { imageIds, resolved, ...found }: FoundClass,
): Promise<ClassView> {
  const selection = selectionOf(found.terms);
  const unnamed = imageIds.filter((id) => !resolved.has(id));
  const described = unnamed.length === 0 ? new Map() : await describeImages(clients.ec2, unnamed);
  const nameOf = (id: string): string => resolved.get(id) ?? described.get(id)?.Name ?? '';
  const images = imageIds.map((id) => ({ id, image: imageNamed(nameOf(id)) }));
  const running = images.flatMap(({ image }) => image ?? []);
  const ofVersion = new Map(running.map(({ family, version }) => [`${family}@${version}`, { family, version }]));
  const family = selection.kind === 'floats' || selection.kind === 'pins' ? selection.family : undefined;
  const version = await kubernetesVersionOf(readCluster, cluster);
  // A class without nodes must resolve to all that it does now.
  const inUse = running.length > 0 ? running : [...resolved.values()].flatMap((each) => imageNamed(each) ?? []);
  const pairs =
    family === undefined
      ? []
      : pairsOf(
          inUse.filter((each) => each.family === family),
          version,
        );
  return {
    kind: 'class',
    ...found,
    selection,
    running: [...ofVersion.values()],
    ...(version !== '' &&
      running.some(({ kubernetesVersion }) => kubernetesVersion !== version) && {
        runsOtherKubernetes: true as const,
      }),
    unknownImages: images.flatMap(({ id, image }) => (image === undefined ? [id] : [])),
    pairs,
    offer:
      family === undefined
        ? { kind: 'offered', versions: [], pairs: {} }
        : await readOffer(clients, family, pairs, now),
  };
}

/** An alias follows the control plane. Source: aws/karpenter-provider-aws, website, "Managing AMIs". */
async function kubernetesVersionOf(readCluster: ClusterReader, cluster: string): Promise<string> {
  const reading = await readCluster(cluster);
  return reading.kind === 'found' ? (reading.found.version ?? '') : '';
}

const pairsOf = (images: readonly NamedImage[], kubernetesVersion: string) =>
  [...new Set(images.map(({ amiType }) => amiType))].toSorted().map((amiType) => ({ kubernetesVersion, amiType }));
