import { isInvalid } from '../shared/policy/policy.ts';
import { counted } from '../shared/text/counted.ts';
import { OPERATOR_COMMAND } from '../shared/text/operator-command.ts';
import { OUTDATED } from './agent-cause.ts';
import { isAtLeast } from './agent-version.ts';
import { type Circumstances, type Decision, type Memory, RECONCILE_EVERY, say } from './decision.ts';
import type { AgentView, Observation } from './observation.ts';
import type { Policy } from './policy.ts';
import type { Reason } from './reasons.ts';
import { SWITCHES } from './remedy-choice.ts';
import type { StartedRemedy, WorkerState } from './worker-ledger.ts';

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
  // Of Windows Systems Manager does not say which version is the latest, so that the command has the last word.
  const isTold = agent?.latest !== undefined;
  if (agent?.online === true && (isTold ? agent.latest : command?.kind === 'succeeded')) {
    const message = isTold
      ? `The agent answers and is the latest version (${agent.version}).`
      : `AWS-UpdateSSMAgent has succeeded, and the agent answers in version ${agent.version}. Whether that is the latest, Systems Manager does not say.`;
    const updated = { to: agent.version, at: circumstances.now };
    return { ...say('done', 'agent-updated', message, {}, agent.version), ...about, updated };
  }
  const stands =
    agent?.online === true
      ? `The agent still answers, in version ${agent.version}`
      : 'The agent does not answer any more';
  if (command?.kind === 'failed') {
    return { ...failed(remedy, failures, `${command.message}. ${stands}`, circumstances), ...about };
  }
  return expired(remedy, circumstances)
    ? { ...failed(remedy, failures, `${lateness(command)}. ${stands}`, circumstances), ...about }
    : { ...stillWaiting(remedy, failures, circumstances), ...about };
}

const lateness = (command: Observation['view']['command']): string =>
  command?.kind === 'succeeded'
    ? 'AWS-UpdateSSMAgent has succeeded, but Systems Manager does not call the agent the latest'
    : 'it did not finish in time';

/** How soon after an update Systems Manager shows an agent's version for certain, ms. It pings every five minutes. */
const SHOWN_WITHIN = 10 * 60_000;

/**
 * An agent that was updated here and is at an older version again; undefined where that is not so. Snap's refresh puts back
 * what its channel has, hours later (aws/amazon-ssm-agent#255, #399), and each further update would be undone alike.
 */
export function undoneUpdate(
  { version }: AgentView,
  { updated, failures }: WorkerState,
  { attempts }: Pick<Policy['ssmAgent'], 'attempts'>,
  now: number,
): Decision | undefined {
  if (updated === undefined || failures !== undefined || now - updated.at < SHOWN_WITHIN) return undefined;
  if (isAtLeast(version, updated.to.split('.').map(Number))) return undefined;
  const at = new Date(updated.at).toISOString();
  const text = `The agent was updated to ${updated.to} at ${at}, and answers in version ${version} again. No further attempt is made.`;
  const memory: Memory = { failures: { cause: OUTDATED, count: attempts, lastAt: now } };
  return {
    ...say('failed', 'attempts-exhausted', text, memory, `${OUTDATED} exhausted`),
    updated: null,
    details: { cause: OUTDATED, failures: attempts },
    hint: `Find out what puts the older version back: the channel of its snap (snap info amazon-ssm-agent), an association of State Manager, or a tool that pins it. Then: ${OPERATOR_COMMAND} retry RESOURCE --why "…".`,
  };
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
      ...((cause === 'agent-missing' || cause === 'cause-unclear') && {
        hint: `${STAYS_SILENT} To try again: ${OPERATOR_COMMAND} retry RESOURCE --why "…".`,
      }),
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

/**
 * What helps where the agent stays silent although it was installed. None of this is seen from outside of the host: for an
 * inspection of TLS see aws/amazon-ssm-agent#195.
 */
const STAYS_SILENT =
  'Nothing seen from outside of the host explains it. On the host, read /var/log/amazon/ssm/errors.log, and see whether something stops the agent, or keeps the installer’s pod away. Check what AWS does not show, too: a service control policy, the clock, a proxy, an inspection of TLS. Or use an AMI with an agent that answers.';

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
    ...(remedy.kind === 'install-agent' && { hint: STAYS_SILENT }),
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
