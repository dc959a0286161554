import type { RemediationRequest, RequestedAction } from '../../../events/remediation-request.ts';
import { inWords, type Proposal, type Ruling } from '../ledger/proposal.ts';
import type { DecisionKind, RemediationRecord } from '../records/record.ts';
import type { SharedReason } from '../records/shared-reasons.ts';
import type { MessageTrigger } from './messages.ts';

/** An operator's request to approve, reject, resume or retry, as its event came. */
export interface OperatorRequest {
  readonly event: RemediationRequest;
  readonly trigger: MessageTrigger;
}

/** What a request comes to: the state as it would be if it were granted, or why that cannot be, in a sentence. */
export type RequestedChange<State> = { readonly state: State } | { readonly refusal: string };

/** The words of an answer. */
export interface Answer {
  readonly decision: DecisionKind;
  readonly reason: SharedReason;
  readonly message: string;
  /** The id of the request: each is answered once. */
  readonly variant: string;
  readonly details: NonNullable<RemediationRecord['details']>;
}

/** @param then what follows from it, in a sentence */
export const grant = (request: OperatorRequest, then: string): Answer => ({
  ...answerOf(request),
  // Not the end of anything: the reconcile that follows at once tells what came of it.
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
 * Whether something comes of a request, now or at its moment, so that it is granted: whatever keeps a subject from being
 * touched wins over it.
 *
 * @param then what would be decided if it were granted
 */
export function comesTo(
  action: RequestedAction,
  { decision, reason }: { readonly decision: DecisionKind; readonly reason: string },
): boolean {
  if (action === 'reject') return reason === 'proposal-rejected';
  // What is tried again in mode observe is proposed again, which is as much as that mode does.
  const isProposed = decision === 'would-act' && action !== 'approve';
  return decision === 'acted' || decision === 'waiting' || isProposed;
}

/** How a room answers. */
export interface Answering<State> {
  /** What the state would be if the request were granted. */
  readonly change: (state: State, request: OperatorRequest) => RequestedChange<State>;
  /** What would be decided of a state. */
  readonly decide: (state: State) => Consequence;
  /** Whether something comes of it; default: {@link comesTo}. */
  readonly comes?: (action: RequestedAction, then: Consequence) => boolean;
  /** Why it is refused although something would come of it. */
  readonly objection?: (action: RequestedAction) => string | undefined;
}

type Consequence = { readonly decision: DecisionKind; readonly reason: string; readonly message: string };

/**
 * Answers a request; a pure function. It is granted where something comes of it, now or at its moment. It only changes what
 * is remembered: the next reconcile acts.
 *
 * @returns the words, and the state to be remembered: as it was where the request is refused
 */
export function answerRequest<State>(
  state: State,
  request: OperatorRequest,
  { change, decide, comes = comesTo, objection }: Answering<State>,
): { readonly words: Answer; readonly state: State } {
  const { action } = request.event.detail;
  const refused = (because: string) => ({ words: refuse(request, because), state });
  const requested = change(state, request);
  if ('refusal' in requested) return refused(requested.refusal);
  const then = decide(requested.state);
  if (!comes(action, then)) return refused(then.message);
  const objected = objection?.(action);
  if (objected !== undefined) return refused(objected);
  return { words: grant(request, then.message), state: requested.state };
}

/**
 * Approves or rejects what is proposed. Messages overtake each other and come again, so the ruling that was asked for last
 * stands, in whatever order they come.
 */
export function rule<State extends { readonly proposal?: Proposal | undefined }>(
  state: State,
  { event: { detail }, trigger }: OperatorRequest,
): RequestedChange<State> {
  const { proposal } = state;
  if (proposal === undefined) return { refusal: 'nothing is proposed.' };
  if (isBefore(trigger, proposal.at)) return { refusal: 'what is proposed now was not yet when it was asked for.' };
  const { action, requestedBy, why } = detail;
  const kind = action === 'approve' ? 'approved' : 'rejected';
  const { ruling: known } = proposal;
  if (known?.id === trigger.id) return { state };
  if (known !== undefined && outranks(known, kind, trigger)) {
    return { refusal: `a later request has decided: ${known.kind} by ${inWords(known)}` };
  }
  const ruling: Ruling = { kind, id: trigger.id, at: trigger.time, requestedBy, why };
  return { state: { ...state, proposal: { ...proposal, ruling } } };
}

/** Whether what was ruled was asked for later; of two requests of the same second it is the rejection: doubt means no. */
function outranks({ kind: ruled, at }: Ruling, wanted: Ruling['kind'], trigger: Pick<MessageTrigger, 'time'>): boolean {
  if (at === undefined) return false;
  const isSameSecond = !isBefore(trigger, at) && !isBefore({ time: at }, trigger.time);
  return isBefore(trigger, at) || (isSameSecond && ruled === 'rejected' && wanted === 'approved');
}

/**
 * Whether a request was made before something came about: so that one that comes late, or again, is never taken for an
 * answer to what its sender could not know. EventBridge's times are whole seconds.
 */
export const isBefore = ({ time }: Pick<MessageTrigger, 'time'>, at: number): boolean =>
  time < Math.floor(at / 1000) * 1000;
