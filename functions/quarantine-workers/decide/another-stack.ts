import { type Circumstances, type Decision, say } from '../model/decision.ts';
import type { Observation, WorkerView } from '../model/observation.ts';

/**
 * How long a worker may be on its way into the groups of another stack, ms. Meanwhile one of them is open, so that connections
 * are tracked no more.
 */
const MOVES_WITHIN = 2 * 60_000;
/** How long after its begin a quarantine may turn out to be another stack's, which began at once, ms. */
const BEGAN_AT_ONCE = 5 * 60_000;
/** How soon a worker on its way is looked at again, ms. */
const LOOK_AGAIN = 15_000;

/**
 * Reports that another stack of this product has the worker in quarantine; undefined where none has. Two stacks that
 * isolate one worker would swap its security groups again and again, and restore each other's groups.
 *
 * Whoever may create a security group chooses its name and description, and the role of a node may give it to the node. So
 * names are believed for the time that a move takes. After that only a worker counts that its groups really shut off.
 */
export function heldByAnother(
  { view, state }: Pick<Observation, 'state'> & { readonly view: WorkerView },
  { stackName, now }: Pick<Circumstances, 'stackName' | 'now'>,
): Decision | undefined {
  const other = otherStack(view, stackName);
  if (other === undefined) return undefined;
  const told = say('refused', 'another-stack', `Stack ${other} of this product has it in quarantine.`, other);
  if (isShutOff(view)) return told;
  const since = state.reason === 'another-stack' ? (state.since ?? now) : now;
  return now - since < MOVES_WITHIN ? { ...told, lookAt: now + LOOK_AGAIN } : undefined;
}

/**
 * Decides about a worker in quarantine that has a security group of another stack; undefined where that changes nothing.
 * Where both began at once, the first by name goes on, and the other leaves the worker to it as it is. A quarantine that
 * stood by itself is never left to another: no stack begins one for a worker that this one holds.
 */
export function leftToAnother(
  { state: { quarantine }, view }: Observation,
  { stackName, now }: Circumstances,
): Decision | undefined {
  if (quarantine === undefined || view === undefined) return undefined;
  if (quarantine.phase === 'releasing' || quarantine.phase === 'terminating') return undefined;
  if (view.heldBy.every((stack) => stack >= stackName)) return undefined;
  const isYoung = now - quarantine.startedAt < BEGAN_AT_ONCE;
  if (!isYoung && quarantine.isolatedAt !== undefined) return undefined;
  const other = otherStack(view, stackName) ?? '';
  if (isShutOff(view)) {
    return say('refused', 'another-stack', `Stack ${other} of this product has it in quarantine.`, other);
  }
  // The other one is about to move it, or somebody only uses its name.
  return isYoung
    ? { ...say('waiting', 'quarantine-in-progress', ''), silent: true, quarantine, lookAt: now + LOOK_AGAIN }
    : undefined;
}

const otherStack = ({ heldBy }: WorkerView, stackName: string): string | undefined =>
  heldBy.find((stack) => stack !== stackName);

/** Whether nothing but security groups of quarantines holds the worker, and none of these lets anything through. */
const isShutOff = ({ interfaces, heldIn = [], leaks }: WorkerView): boolean =>
  interfaces.every(({ groupIds }) => groupIds.every((id) => heldIn.includes(id) && leaks?.has(id) !== true));
