import { isInvalid } from '../shared/policy/policy.ts';
import { counted } from '../shared/text/counted.ts';
import { OUTDATED } from './agent-cause.ts';
import { type Circumstances, type Decision, type Memory, RECONCILE_EVERY, say } from './decision.ts';
import type { Observation } from './observation.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import { SWITCHES } from './remedy-choice.ts';
import type { StartedRemedy } from './worker-ledger.ts';

/** How long a remedy may take when the policy cannot be read, ms. */
const DEFAULT_CURE_TIME = 75 * 60_000;

/** Follows a remedy that has begun to its end; undefined when there is none. Only an agent that answers is cured. */
export function follow({ view, state }: Observation, circumstances: Circumstances): Decision | undefined {
  const { remedy } = state;
  if (remedy === undefined) return undefined;
  return remedy.kind === 'update-agent'
    ? followUpdate(remedy, view, state.failures, circumstances)
    : followCure(remedy, view, state.failures, circumstances);
}

function followCure(
  remedy: StartedRemedy,
  { agent }: Observation['view'],
  failures: Memory['failures'],
  circumstances: Circumstances,
): Decision {
  const about = { details: { cause: remedy.cause, remedy: remedy.kind, attempt: remedy.attempt } };
  if (agent?.online === true) {
    const message = `The agent answers (version ${agent.version}): ${remedy.kind} cured ${remedy.cause}.`;
    return { ...say('done', 'agent-cured', message, {}, `${remedy.cause} ${remedy.attempt}`), ...about };
  }
  return expired(remedy, circumstances)
    ? { ...failed(remedy, failures, 'the agent still does not answer', circumstances), ...about }
    : { ...stillWaiting(remedy, failures, circumstances), ...about };
}

function followUpdate(
  remedy: StartedRemedy,
  { agent, command }: Observation['view'],
  failures: Memory['failures'],
  circumstances: Circumstances,
): Decision {
  const about = { details: { cause: remedy.cause, remedy: remedy.kind, attempt: remedy.attempt, ...idOf(remedy) } };
  if (agent?.online === true && agent.latest) {
    const message = `The agent answers and is the latest version (${agent.version}).`;
    return { ...say('done', 'agent-updated', message, {}, agent.version), ...about };
  }
  const stands =
    agent?.online === true
      ? `The agent still answers, in version ${agent.version}`
      : 'The agent does not answer any more';
  if (command?.kind === 'failed') {
    return { ...failed(remedy, failures, `${command.message}. ${stands}`, circumstances), ...about };
  }
  return expired(remedy, circumstances)
    ? { ...failed(remedy, failures, `it did not finish in time. ${stands}`, circumstances), ...about }
    : { ...stillWaiting(remedy, failures, circumstances), ...about };
}

/** What a later reconcile does about a cause whose remedy has failed; undefined when the remedy may be tried again. */
export function afterFailure(
  failures: NonNullable<Memory['failures']>,
  { attempts, retryAfter }: Policy['ssmAgent'],
  cause: StartedRemedy['cause'],
  message: string,
  now: number,
): Decision | undefined {
  if (failures.count >= attempts) {
    const text = `${message} ${counted(failures.count, 'attempt')} to cure it failed. No further attempt is made.`;
    return {
      ...say('failed', 'attempts-exhausted', text, { failures }, `${cause} exhausted`),
      details: { cause, failures: failures.count },
    };
  }
  const retryAt = failures.lastAt + retryAfter * 2 ** (failures.count - 1);
  if (retryAt <= now) return undefined;
  const text = `${message} Attempt ${failures.count + 1} may start at ${new Date(retryAt).toISOString()}.`;
  return {
    ...say('waiting', 'retry-later', text, { failures }, `${cause} ${failures.count}`),
    details: { cause, failures: failures.count },
    lookAt: retryAt,
  };
}

/** The reason that a failed remedy is recorded with: the problem that remains. */
const failureOf = (cause: StartedRemedy['cause']): Reason => (cause === OUTDATED ? 'agent-update-failed' : cause);

/** Counts a failure of `remedy`, and schedules the next reconcile. */
function failed(
  remedy: StartedRemedy,
  before: Memory['failures'],
  why: string,
  { policy, now }: Circumstances,
): Decision {
  const count = (before?.cause === remedy.cause ? before.count : 0) + 1;
  const failures = { cause: remedy.cause, count, lastAt: now };
  const message = `Attempt ${remedy.attempt} (${remedy.kind}) failed: ${why}.`;
  const retryAfter = isInvalid(policy) ? DEFAULT_CURE_TIME : policy.ssmAgent.retryAfter;
  return {
    ...say('failed', failureOf(remedy.cause), message, { failures }, `${remedy.cause} ${remedy.attempt}`),
    lookAt: now + retryAfter,
  };
}

const stillWaiting = (remedy: StartedRemedy, failures: Memory['failures'], { now }: Circumstances): Decision => ({
  ...say(
    'waiting',
    'remedy-in-progress',
    `Waiting for ${remedy.kind} to take effect.`,
    { remedy, ...(failures !== undefined && { failures }) },
    `${remedy.cause} ${remedy.attempt}`,
  ),
  lookAt: now + RECONCILE_EVERY,
});

const expired = ({ kind, startedAt }: StartedRemedy, { policy, now }: Circumstances): boolean =>
  now - startedAt >= (isInvalid(policy) ? DEFAULT_CURE_TIME : policy.ssmAgent.cureWithin[SWITCHES[kind]]);

const idOf = ({ commandId }: StartedRemedy) => (commandId === undefined ? {} : { commandId });
