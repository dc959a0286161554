import type { RemediationRequest, RequestedAction } from '../../../events/remediation-request.ts';
import { inWords, type Proposal, planIdOf, type Ruling } from '../ledger/proposal.ts';
import type { DecisionKind, RemediationRecord } from '../records/record.ts';
import type { SharedReason } from '../records/shared-reasons.ts';
import { isResumable } from '../records/status.ts';
import type { MessageTrigger } from './messages.ts';

/** An operator's request to approve, reject, resume or retry, from its event. */
export interface OperatorRequest {
  readonly event: RemediationRequest;
  readonly trigger: MessageTrigger;
}

/**
 * The effect of a request: the state as it would be if the request were granted, or why it cannot be, in a sentence.
 */
export type RequestedChange<State> = { readonly state: State } | { readonly refusal: string };

/** The wording of an answer. */
export interface Answer {
  readonly decision: DecisionKind;
  readonly reason: SharedReason;
  readonly message: string;
  /** Id of the request, since each is answered once. */
  readonly variant: string;
  readonly details: NonNullable<RemediationRecord['details']>;
}

/** @param then what follows from the grant, in a sentence */
export const grant = (request: OperatorRequest, then: string): Answer => ({
  ...answerOf(request),
  // A grant ends nothing: the reconcile that follows at once records the result.
  decision: 'waiting',
  reason: 'request-granted',
  message: `Granted: ${asked(request)}. Next: ${then}`,
});

export const refuse = (request: OperatorRequest, because: string): Answer => ({
  ...answerOf(request),
  decision: 'refused',
  reason: 'request-refused',
  message: `Refused: ${asked(request)}: ${because}`,
});

const asked = ({ event: { detail } }: OperatorRequest): string =>
  `${detail.action}, asked by ${detail.requestedBy} (${detail.why})`;

const answerOf = ({ event: { detail }, trigger }: OperatorRequest) => ({
  variant: trigger.id,
  details: { action: detail.action, requestedBy: detail.requestedBy, why: detail.why },
});

/**
 * Whether a request has an effect, now or at its time, so that it can be granted. Guards that protect a subject take
 * precedence.
 *
 * @param then what would be decided if the request were granted
 */
export function comesTo(
  action: RequestedAction,
  { decision, reason }: { readonly decision: DecisionKind; readonly reason: string },
): boolean {
  if (action === 'reject') return reason === 'proposal-rejected';
  // A retry in mode observe leads to a new proposal, which is all that this mode does.
  const isProposed = decision === 'would-act' && action !== 'approve';
  return decision === 'acted' || decision === 'waiting' || isProposed;
}

/** How a function answers requests. */
export interface Answering<State> {
  /** The state as it would be if the request were granted. */
  readonly change: (state: State, request: OperatorRequest) => RequestedChange<State>;
  /** What would be decided from a state. */
  readonly decide: (state: State) => Consequence;
  /** Whether the request has an effect; default: {@link comesTo}. */
  readonly comes?: (action: RequestedAction, then: Consequence) => boolean;
  /** Why the request is refused even though it would have an effect. */
  readonly objection?: (action: RequestedAction) => string | undefined;
}

type Consequence = { readonly decision: DecisionKind; readonly reason: string; readonly message: string };

/**
 * ` As it stands: The kill switch is on.`: what holds a subject of which nothing can be tried again, and which action
 * fits. Empty for rulings, which say themselves what is proposed. An act is not told of, since this answer does none.
 */
function stands(action: RequestedAction, decide: () => Consequence): string {
  if (action !== 'retry' && action !== 'resume') return '';
  const { decision, reason, message } = decide();
  if (decision === 'acted') return '';
  const fitting = decision === 'would-act' ? 'approve' : isResumable(reason) ? 'resume' : undefined;
  const fits = fitting === undefined || fitting === action ? '' : ` What fits is ${fitting}.`;
  return ` As it stands: ${message}${fits}`;
}

/**
 * Answers a request; a pure function. A request is granted where it has an effect, now or at its time. Granting only
 * changes the saved state: the next reconcile acts.
 *
 * @returns the wording, and the state to save, which is unchanged where the request is refused
 */
export function answerRequest<State>(
  state: State,
  request: OperatorRequest,
  { change, decide, comes = comesTo, objection }: Answering<State>,
): { readonly words: Answer; readonly state: State } {
  const { action } = request.event.detail;
  const refused = (because: string) => ({ words: refuse(request, because), state });
  const requested = change(state, request);
  if ('refusal' in requested) return refused(`${requested.refusal}${stands(action, () => decide(state))}`);
  const then = decide(requested.state);
  if (!comes(action, then)) return refused(then.message);
  const objected = objection?.(action);
  if (objected !== undefined) return refused(objected);
  return { words: grant(request, then.message), state: requested.state };
}

/**
 * Approves or rejects what is proposed. A request that names a plan is about that plan alone. Messages may overtake
 * each other or be repeated, so the ruling with the latest request time stands, whatever the order of delivery.
 */
export function rule<State extends { readonly proposal?: Proposal | undefined }>(
  state: State,
  { event: { detail }, trigger }: OperatorRequest,
): RequestedChange<State> {
  const { proposal } = state;
  if (proposal === undefined) return { refusal: 'nothing is proposed.' };
  if (isBefore(trigger, proposal.at)) return { refusal: 'what is proposed now was not yet when it was asked for.' };
  const { action, requestedBy, why } = detail;
  const current = planOf(detail, proposal);
  if (detail.plan !== undefined && detail.plan !== current) {
    return { refusal: `plan ${detail.plan} is not what is proposed now; that is plan ${current}: ${proposal.target}.` };
  }
  const kind = action === 'approve' ? 'approved' : 'rejected';
  const { ruling: known } = proposal;
  if (known?.id === trigger.id) return { state };
  if (known !== undefined && outranks(known, kind, trigger)) {
    return { refusal: `a later request has decided: ${known.kind} by ${inWords(known)}` };
  }
  const ruling: Ruling = { kind, id: trigger.id, at: trigger.time, requestedBy, why };
  return { state: { ...state, proposal: { ...proposal, ruling } } };
}

const planOf = (
  { remediation, clusterName, nodegroupName, instanceId }: RemediationRequest['detail'],
  proposal: Proposal,
): string =>
  planIdOf(
    remediation,
    {
      ...(clusterName !== undefined && { cluster: clusterName }),
      ...(nodegroupName !== undefined && { nodegroup: nodegroupName }),
      ...(instanceId !== undefined && { instance: instanceId }),
    },
    proposal,
  );

/**
 * Approves or rejects what is proposed. Where nothing is proposed, a rejection is about the last act, and has it
 * undone.
 *
 * @param done the act that can be undone, as if it were proposed; undefined where nothing can
 */
export const ruleOrUndo = <State extends { readonly proposal?: Proposal | undefined }>(
  state: State,
  request: OperatorRequest,
  done: Proposal | undefined,
): RequestedChange<State> => {
  const undone = request.event.detail.action === 'reject' ? done : undefined;
  return rule({ ...state, proposal: state.proposal ?? undone }, request);
};

/**
 * Whether the existing ruling was requested later. Of two requests in the same second, the rejection wins: doubt means
 * no.
 */
function outranks({ kind: ruled, at }: Ruling, wanted: Ruling['kind'], trigger: Pick<MessageTrigger, 'time'>): boolean {
  if (at === undefined) return false;
  const isSameSecond = !isBefore(trigger, at) && !isBefore({ time: at }, trigger.time);
  return isBefore(trigger, at) || (isSameSecond && ruled === 'rejected' && wanted === 'approved');
}

/**
 * Whether a request was made before an event happened. A late or repeated request is thus never taken for an answer to
 * something that its sender could not know. EventBridge's times are whole seconds.
 */
export const isBefore = ({ time }: Pick<MessageTrigger, 'time'>, at: number): boolean =>
  time < Math.floor(at / 1000) * 1000;
