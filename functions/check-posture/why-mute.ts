import { asSentence } from '../shared/text/as-sentence.ts';

/**
 * What Systems Manager says of a command that the agent has taken, and that told nothing, in words. Of the others the agent
 * knows nothing: it did not answer in time, or Systems Manager sent it nothing. Source: Systems Manager user guide,
 * "Understanding command statuses".
 */
const TAKEN: ReadonlyMap<string, (instanceId: string) => string> = new Map([
  ['success', (instanceId) => `What ${instanceId} printed is not what the command prints.`],
  ['failed', (instanceId) => `The command failed on ${instanceId}.`],
  ['inprogress', hangs],
  ['executiontimedout', hangs],
  ['cancelling', cancelled],
  ['cancelled', cancelled],
]);

function hangs(instanceId: string): string {
  return `The command did not come to its end on ${instanceId}.`;
}

function cancelled(instanceId: string): string {
  return `Somebody cancelled the command on ${instanceId}.`;
}

/**
 * Why a worker whose agent took the command told nothing, as a sentence; undefined where the agent did not take it. It does
 * not repeat what the host printed.
 *
 * @param status details as Systems Manager gives them, such as `ExecutionTimedOut` or `Execution Timed Out`
 */
export const whyMute = (instanceId: string, status = ''): string | undefined =>
  TAKEN.get(status.replaceAll(' ', '').toLowerCase())?.(instanceId);

/** Why a worker told nothing on which a policy lets the function run no command, as a sentence. @param refused as AWS says it */
export const deniedOn = (instanceId: string, refused: string): string =>
  `No command may be run on ${instanceId}. ${asSentence(refused)}`;

/** Why nobody knows what a worker told, as a sentence. @param refused as AWS says it */
export const unreadOf = (instanceId: string, refused: string): string =>
  `What the command printed on ${instanceId} cannot be read. ${asSentence(refused)}`;
