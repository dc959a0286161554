import { isDeepStrictEqual } from 'node:util';
import { isKubernetesAccessError, PASSING_PROBLEMS } from '../shared/kubernetes/access-error.ts';
import type { KubernetesClient } from '../shared/kubernetes/client.ts';
import { incidentAfter, outcomeIn } from '../shared/ledger/incident-memory.ts';
import { type Ledger, writesOf } from '../shared/ledger/ledger.ts';
import { type NodeClassState, saveNodeClassState } from '../shared/ledger/node-class-ledger.ts';
import { subjectOf } from '../shared/ledger/node-group-key.ts';
import { asStored, recordOnce } from '../shared/ledger/outcome-ledger.ts';
import { planIn } from '../shared/ledger/proposal.ts';
import { type InvalidPolicy, isInvalid } from '../shared/policy/policy.ts';
import { overridesIn } from '../shared/policy/policy-at.ts';
import type { Outcome } from '../shared/records/recorder.ts';
import { type Decision, type Observation, say } from './decision.ts';
import { ALL_CLASSES } from './node-class.ts';
import type { Policy } from './policy.ts';
import { progressAfter } from './progress.ts';
import { EC2_NODE_CLASSES } from './read-node-classes.ts';
import type { Reason } from './reasons.ts';
import type { Recorder } from './remediation.ts';
import { rememberedUserData } from './remembered-user-data.ts';

export interface ActDeps {
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  /** Unique name of this reconcile: the Lambda request id. */
  readonly caller: string;
  readonly openCluster: (name: string) => Promise<KubernetesClient | { readonly refused: string }>;
}

export interface Settings {
  readonly anywhere: Policy | InvalidPolicy;
  readonly here: Policy | InvalidPolicy;
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Acts, saves and records. The former terms are saved before they are changed, so that they can be given back after a
 * crash.
 *
 * @param anywhere the policy of the account
 * @param here the policy that holds for the class
 * @returns the final decision; undefined when somebody else was first, in the ledger or in the cluster
 */
export async function carryOut(
  deps: ActDeps,
  observation: Observation,
  wanted: Decision,
  { anywhere, here, now }: Settings,
): Promise<Decision | undefined> {
  const { key, trigger, state } = observation;
  const subject = subjectOf(key);
  const writer = writesOf(`${deps.caller} ${subject}`);
  const save = (changed: NodeClassState) => saveNodeClassState(deps.ledger, subject, changed, now, writer());
  let before = state;
  if (wanted.write !== undefined && wanted.made !== undefined) {
    const intended = await save(asStored<NodeClassState>({ ...state, made: wanted.made }));
    if (intended === undefined) return undefined;
    before = intended;
  }
  const decision = await write(deps, observation, wanted);
  if (decision === undefined) return undefined;
  const remembered = {
    made: decision.made,
    behind: decision.behind,
    unreadSince: decision.unreadSince,
    heldAtGate: decision.heldAtGate,
    proposal: decision.proposal,
    progress: progressAfter(observation, decision, { anywhere, here }, now),
    ...rememberedUserData(observation.view, state),
  };
  if (decision.silent) {
    const next = asStored<NodeClassState>({ ...before, ...remembered });
    // A class of which nothing was ever told or remembered needs no item.
    if (isDeepStrictEqual(next, asStored<NodeClassState>(state))) return decision;
    return (await save(next)) === undefined ? undefined : decision;
  }
  const incident = incidentAfter(state, decision, trigger.id);
  const { unrecorded: _, ...known } = before;
  const next = asStored<NodeClassState>({ ...known, ...incident, reason: decision.reason, ...remembered });
  const details = { ...decision.details, ...planIn('steer-node-classes', key, decision), ...overridesIn(here) };
  // The ledger gives an outcome back as it was written, also one that another version has written.
  const record = (known: Outcome<string>) => deps.recorder.record(known as Outcome<Reason>);
  const outcome: Outcome<string> = {
    subject: key,
    ...outcomeIn(incident, decision),
    ...(!isInvalid(here) && { mode: here.nodeClasses.mode }),
    trigger,
    ...(Object.keys(details).length > 0 && { details }),
  };
  if (isMadeUp(observation)) {
    record(outcome);
    return decision;
  }
  const saved = await recordOnce<string, NodeClassState>({ save, record }, before, next, outcome);
  return saved === undefined ? undefined : decision;
}

/**
 * Whether nobody has ever seen a class. Anybody may ask about any name, and every look at any cluster reads what the
 * ledger knows of all classes.
 */
const isMadeUp = ({ key, view, state }: Observation): boolean =>
  key.nodegroup !== ALL_CLASSES && state.revision === 0 && NOT_SEEN.has(view.kind);
const NOT_SEEN: ReadonlySet<Observation['view']['kind']> = new Set(['gone', 'unread', 'unreadable']);

/**
 * Writes the AMI terms into exactly the version of the class that was decided upon.
 *
 * @returns undefined where somebody else has written the class since: it is looked at again
 */
async function write(
  deps: ActDeps,
  { key, view, state, trigger }: Observation,
  wanted: Decision,
): Promise<Decision | undefined> {
  if (wanted.write === undefined || view.kind !== 'class') return wanted;
  const kubernetes = await deps.openCluster(key.cluster);
  const refused = (why: string, variant: string): Decision => ({
    ...say('failed', 'pin-refused', why, `${wanted.target} ${variant}`),
    proposal: wanted.proposal ?? state.proposal,
    made: state.made,
    behind: state.behind,
  });
  if ('refused' in kubernetes) return refused(kubernetes.refused, 'unreadable');
  try {
    // The list of terms has no merge key, so it is written whole.
    const patch = { metadata: { resourceVersion: view.resourceVersion }, spec: { amiSelectorTerms: wanted.write } };
    await kubernetes.patchCustomObject(EC2_NODE_CLASSES, view.name, patch);
    return wanted.made === undefined ? wanted : { ...wanted, made: { ...wanted.made, isTaken: true } };
  } catch (error) {
    if (!isKubernetesAccessError(error)) throw error;
    if (error.problem === 'conflict') return undefined;
    // Whether a call without an answer has changed something, a fresh read tells. What fails again, such as a webhook that
    // nobody answers for, or that takes too long, is told, and tried again by the next look.
    if (PASSING_PROBLEMS.has(error.problem)) {
      if (!trigger.redelivered) throw error;
      return { ...refused(error.message, error.problem), made: wanted.made ?? state.made };
    }
    return refused(error.message, error.problem);
  }
}
