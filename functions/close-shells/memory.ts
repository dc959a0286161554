import type { Invocation, Printed } from './read-commands.ts';
import type { ShellsState } from './shells-ledger.ts';

/** What is known of a host: the part of its state that a decision sets. */
export type Memory = Pick<ShellsState, 'command' | 'seen' | 'failedAt' | 'triedAt' | 'closing' | 'closedAt'>;

/** The memory in a state, without its other members. What is not known is undefined. */
export const memoryOf = ({ command, seen, failedAt, triedAt, closing, closedAt }: Memory): Memory => ({
  command,
  seen,
  failedAt,
  triedAt,
  closing,
  closedAt,
});

type Seen = NonNullable<Memory['seen']>;

/** When a command counts as ended without a result, ms. It is delivered within five minutes, and takes seconds. */
const ENDS_WITHIN = 15 * 60_000;

/** What is known of a host once the command under way has ended. */
export function memoryAfter(state: ShellsState, invocation: Invocation | undefined, now: number): Memory {
  const { command, ...memory } = memoryOf(state);
  if (command === undefined) return memory;
  const isOver = now - command.at > ENDS_WITHIN;
  if (invocation?.kind !== 'ended' && !isOver) return { ...memory, command };
  const printed = invocation?.kind === 'ended' ? invocation.printed : undefined;
  if (printed === undefined) return { ...memory, seen: undefined, failedAt: now };
  if (command.action === 'look')
    return { ...memory, seen: { at: command.at, ...waysIn(printed) }, failedAt: undefined };
  // A new check of the host shows the outcome.
  if (command.action === 'close') return { ...memory, seen: undefined, failedAt: undefined };
  return printed.left > 0
    ? { ...memory, seen: undefined, failedAt: now }
    : { ...memory, seen: undefined, failedAt: undefined, closing: undefined, closedAt: undefined };
}

/** The ways in, in sentences. Keys that no daemon accepts let nobody in; the check of posture says so, too. */
function waysIn({ sshd, keys, elsewhere, paths, certificates, admin }: Printed): Omit<Seen, 'at'> {
  if (admin === true) return { ways: "Bottlerocket's admin container is on.", check: 'SSH.4' };
  const all = keys + elsewhere;
  if (!sshd || (all === 0 && certificates === '')) return {};
  const named = paths.length > 0 ? `: ${paths.slice(0, 5).join(', ')}` : '';
  const ways = [
    ...(all === 0 ? [] : [`${all} ${all === 1 ? 'key opens' : 'keys open'} a shell by SSH${named}.`]),
    ...(certificates === '' ? [] : [`Certificates of an authority (${certificates}) open a shell by SSH.`]),
  ];
  return { ways: ways.join(' '), check: 'SSH.1', ...(keys === 0 && { fixed: true as const }) };
}
