import { InvalidInstanceId, UnsupportedPlatformType } from '@aws-sdk/client-ssm';
import { chunks } from '../runtime/chunks.ts';

/** SendCommand takes at most 50 instances. */
const INSTANCES_PER_CALL = 50;

/**
 * How many instances are asked for one by one before access counts as denied for all: a policy may deny commands to all
 * instances, and Systems Manager takes few calls a second.
 */
const DENIED_ALONE = 12;

/**
 * What became of a command on one instance: what Systems Manager accepted, or in its words why it did not. `deaf`: the
 * agent takes no such command; `denied`: a policy keeps the function from sending it there.
 */
export type SentApart<Sent> = { readonly sent: Sent } | { readonly deaf: string } | { readonly denied: string };

/**
 * Sends a command to instances, fifty at a time. Systems Manager refuses a command as a whole for one instance that it
 * cannot reach, or that a policy keeps it from, and does not say for which; so a refused command is sent in halves, and
 * the others get theirs.
 *
 * @param send sends the command to these instances
 * @returns what became of it, by instance
 * @throws any other error
 */
export async function sendApart<Sent>(
  send: (instanceIds: string[]) => Promise<Sent>,
  instanceIds: readonly string[],
): Promise<Map<string, SentApart<Sent>>> {
  const outcomes = new Map<string, SentApart<Sent>>();
  const progress = { denied: 0, accepted: 0 };
  const sendTo = async (ids: string[]): Promise<void> => {
    try {
      const sent = await send(ids);
      progress.accepted += 1;
      for (const id of ids) outcomes.set(id, { sent });
    } catch (error) {
      if (!isOfSome(error)) throw error;
      const isDenied = error.name === DENIED;
      const isForAll = isDenied && progress.accepted === 0 && progress.denied >= DENIED_ALONE;
      if (ids.length > 1 && !isForAll) {
        for (const half of halves(ids)) await sendTo(half);
        return;
      }
      if (isDenied) progress.denied += 1;
      const words = `${error.name}: ${error.message}`;
      for (const id of ids) outcomes.set(id, isDenied ? { denied: words } : { deaf: words });
    }
  };
  for (const batch of chunks(instanceIds, INSTANCES_PER_CALL)) await sendTo(batch);
  return outcomes;
}

const DENIED = 'AccessDeniedException';

const isOfSome = (error: unknown): error is Error =>
  error instanceof InvalidInstanceId ||
  error instanceof UnsupportedPlatformType ||
  (error instanceof Error && error.name === DENIED);

const halves = <Item>(items: readonly Item[]): Item[][] => {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
};
