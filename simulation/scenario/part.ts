import type { Draw } from './choices.ts';
import type { Fleet, Group } from './fleet.ts';
import type { Policy } from './policy.ts';

/** What is drawn of a day before its parts. */
export interface Ground {
  readonly clusters: readonly string[];
  readonly groups: readonly Group[];
  /** Until when things happen in it, minutes from its start. */
  readonly busyMinutes: number;
}

/**
 * Something that a day may have besides its managed node groups and the steps of operators. Each is drawn from a stream
 * of its own, so that a change of one moves nothing in the others.
 *
 * @typeParam Members of the scenario: those that it draws, and those of earlier parts that it looks at; all optional
 */
export interface Part<Members extends object> {
  /** The name of its stream. */
  readonly stream: string;
  /** Draws its members; none where the day has nothing of the kind. */
  readonly draw: (draw: Draw, ground: Ground & Members) => Members;
  /** The policy with what the day says of it so many minutes after its start; absent: it says nothing. */
  readonly policy?: (policy: Policy, day: Members, minute: number) => Policy;
  /** The fleet file with it; absent: it is not in fleets. */
  readonly fleet?: (fleet: Fleet, day: Members) => Fleet;
}
