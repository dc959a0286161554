import type { MessageTrigger } from '../intake/messages.ts';
import { codeIn, isThrottlingCode } from '../runtime/aws-error.ts';
import { counted } from '../text/counted.ts';
import type { DescribedInstance } from './described-instance.ts';
import type { ClusterReader } from './fleet.ts';
import { type Identity, identifyWorkers } from './identity.ts';
import type { IdentityClients } from './identity-facts.ts';
import type { Owner } from './owners.ts';
import { read } from './reading.ts';

/** The identities of instances. */
export interface Identities {
  readonly identities: ReadonlyMap<string, Identity>;
  /** Why the owners of some could not be read for now, `Code: message` by instance id. Nothing is to be done to these. */
  readonly unread: ReadonlyMap<string, string>;
}

/**
 * Proves which cluster and node group instances belong to, like {@link identifyWorkers}. A cluster or node group that
 * cannot be read for now holds up no other: its instances are told apart, so that all others are looked after, and the
 * caller then throws.
 *
 * @param readCluster made with `tell`
 */
export async function identifyEach(
  clients: IdentityClients,
  readCluster: ClusterReader,
  instances: readonly DescribedInstance[],
): Promise<Identities> {
  const identities = await identifyWorkers({ ...clients, onTrouble: 'tell' }, readCluster, instances);
  return { identities, unread: unreadAmong(identities) };
}

/** Why the owners of some could not be read for now, by instance id. */
export const unreadAmong = (owned: ReadonlyMap<string, Pick<Identity, 'owner'>>): Identities['unread'] =>
  new Map(
    [...owned].flatMap(([id, { owner }]): Array<[string, string]> => {
      const { unreadable, mayBeRead } = owner;
      return unreadable !== undefined && mayBeRead === true ? [[id, unreadable]] : [];
    }),
  );

/**
 * Whether it is told of a worker that its owner cannot be read: once another delivery has failed, too. Of a call that AWS
 * throttles nothing is told, as it is tried again.
 */
export const failsAgain = (unread: string, { redelivered }: Pick<MessageTrigger, 'redelivered'>): boolean =>
  redelivered && !isThrottlingCode(codeIn(unread));

/** Why an owner cannot be read for now, where nothing is told of that yet; undefined where it is read, or told of. */
export const untoldOf = (
  { unreadable, mayBeRead }: Pick<Owner, 'unreadable' | 'mayBeRead'>,
  trigger: Pick<MessageTrigger, 'redelivered'>,
): string | undefined =>
  unreadable !== undefined && mayBeRead === true && !failsAgain(unreadable, trigger) ? unreadable : undefined;

/** The workers that are decided about now: without those whose owners cannot be read for now and are not told of yet. */
export const withoutUnread = <Found extends { readonly instanceId: string; readonly trigger: MessageTrigger }>(
  found: readonly Found[],
  unread: Identities['unread'],
): Found[] =>
  found.filter(({ instanceId, trigger }) => {
    const why = unread.get(instanceId);
    return why === undefined || failsAgain(why, trigger);
  });

/** A reader that returns what another one throws for a failure that may pass, without a call of its own. */
export const telling =
  (readCluster: ClusterReader): ClusterReader =>
  (name) =>
    read(() => readCluster(name), 'tell').then((reading) => (reading.kind === 'found' ? reading.found : reading));

/**
 * The error that has the messages about such instances delivered again; undefined where none are to. What is told of a
 * worker is no dead letter, too: the next sweep looks at it again.
 *
 * @param told the workers that were decided about
 */
export function unreadTrouble(
  { unread }: Pick<Identities, 'unread'>,
  told: ReadonlyArray<{ readonly instanceId: string; readonly trigger: Pick<MessageTrigger, 'isLastTry'> }>,
): Error | undefined {
  const settled = new Set(told.flatMap(({ instanceId, trigger }) => (trigger.isLastTry === true ? instanceId : [])));
  const left = [...unread].filter(([id]) => !settled.has(id));
  const [first] = left;
  if (first === undefined) return undefined;
  const [id, why] = first;
  return new Error(
    `What ${counted(left.length, 'worker')} ${left.length === 1 ? 'depends' : 'depend'} on cannot be read for now. The first is ${id}: ${why}`,
  );
}
