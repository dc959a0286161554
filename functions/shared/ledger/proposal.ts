import { createHash } from 'node:crypto';
import * as z from 'zod';
import { PLAN_ID_LENGTH } from '../../../events/envelope.ts';
import type { DecisionKind, RecordSubject } from '../records/record.ts';
import { iso } from '../runtime/clock.ts';

const ruling = () =>
  z.object({
    kind: z.enum(['approved', 'rejected']),
    /** Id of the request's event. */
    id: z.string(),
    /** When it was requested, epoch milliseconds; absent in items written before this member existed. */
    at: z.number().optional(),
    requestedBy: z.string(),
    why: z.string(),
  });
/** An operator's ruling on a proposal. */
export type Ruling = z.infer<ReturnType<typeof ruling>>;

export const proposal = () =>
  z.object({
    /** What is proposed for the subject, such as a release, a remedy or exposures. */
    target: z.string(),
    /** When it was made, epoch milliseconds. No ruling can be older. */
    at: z.number(),
    ruling: ruling().optional(),
  });
/**
 * An act that mode `observe` proposed with a `would-act` outcome. It stands until it is done, or until something else
 * is due.
 */
export type Proposal = z.infer<ReturnType<typeof proposal>>;

/** The part of a subject's ledger item that remembers questions to operators, and their answers. */
export const proposalMemory = () => ({
  proposal: proposal().optional(),
  /** Id of the last operator's request that was answered. A request is answered once, however often it is delivered. */
  answered: z.string().optional(),
});

/** The operator's ruling on exactly this target. */
export const rulingOn = (proposed: Proposal | undefined, target: string): Ruling | undefined =>
  proposed?.target === target ? proposed.ruling : undefined;

/** The standing of an operator's ruling on a target. */
export interface Standing {
  /** The ruling that holds; absent where nobody has ruled, or the approval has expired. */
  readonly ruling?: Ruling;
  /** An approval that has expired. */
  readonly expired?: { readonly id: string; readonly message: string };
}

/**
 * The ruling on exactly this target that holds now. An approval expires, a rejection does not.
 *
 * @param expiresAfter how long an approval holds, ms
 * @param now epoch milliseconds
 */
export function standingRuling(
  proposed: Proposal | undefined,
  target: string,
  expiresAfter: number,
  now: number,
): Standing {
  const ruling = rulingOn(proposed, target);
  if (proposed === undefined || ruling === undefined) return {};
  if (ruling.kind !== 'approved') return { ruling };
  const end = approvalEnds(proposed, ruling, expiresAfter);
  if (end > now) return { ruling };
  return { expired: { id: ruling.id, message: ` The approval by ${inWords(ruling)} expired at ${iso(end)}.` } };
}

/**
 * Until when an approval holds, epoch milliseconds. An approval without a time counts from its proposal, because it
 * cannot be older.
 */
export const approvalEnds = ({ at }: Proposal, ruling: Ruling, expiresAfter: number): number =>
  (ruling.at ?? at) + expiresAfter;

/**
 * The id of a plan, which is what one function proposes to do to one subject. It follows from the proposal alone. The
 * same proposal therefore has the same id wherever it is shown, and another target, subject or kind of change has
 * another id.
 */
export const planIdOf = (
  remediation: string,
  { cluster, nodegroup, instance }: RecordSubject,
  { target }: Pick<Proposal, 'target'>,
): string => {
  // Only some of a worker's records name its node group; its id is enough.
  const subject = instance ?? `${cluster ?? ''}/${nodegroup ?? ''}`;
  const digest = createHash('sha256')
    .update(JSON.stringify([remediation, subject, target]))
    .digest('hex');
  return digest.slice(0, PLAN_ID_LENGTH);
};

/** The id of the plan that a decision proposes, as a detail of its record; empty where it proposes none. */
export const planIn = (
  remediation: string,
  subject: RecordSubject,
  { decision, proposal: proposed }: { readonly decision: DecisionKind; readonly proposal?: Proposal | undefined },
): { readonly plan?: string } =>
  decision === 'would-act' && proposed !== undefined ? { plan: planIdOf(remediation, subject, proposed) } : {};

/**
 * The proposal that stands after a decision.
 *
 * @param decided `target`: what the decision is about; absent where it does not get that far
 */
export function nextProposal(
  before: Proposal | undefined,
  { decision, target }: { readonly decision: DecisionKind; readonly target: string | undefined },
  now: number,
): Proposal | undefined {
  if (decision === 'acted' || decision === 'done') return undefined;
  const stands = before !== undefined && (target === undefined || target === before.target);
  if (stands) return before;
  return decision === 'would-act' && target !== undefined ? { target, at: now } : undefined;
}

/** `by whom: why`, for messages. */
export const inWords = ({ requestedBy, why }: Pick<Ruling, 'requestedBy' | 'why'>): string => `${requestedBy}: ${why}`;
