import { type CommandInvocation, paginateListCommandInvocations, type SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { unlessRefused } from '../shared/runtime/aws-error.ts';

/** The output of the script. */
const printed = z.object({
  sshd: z.boolean(),
  keys: z.int(),
  /** Keys in files elsewhere than in `.ssh` of a home. */
  elsewhere: z.int().default(0),
  /** The file of certificate authorities whose certificates let users in; empty where there is none. */
  certificates: z.string().default(''),
  paths: z.array(z.string()),
  admin: z.boolean().nullable(),
  left: z.int(),
});
export type Printed = z.infer<typeof printed>;

/** The state of a command on a worker; `ended` without `printed` means that there is no valid output. */
export type Invocation =
  | { readonly kind: 'running' }
  | { readonly kind: 'ended'; readonly printed?: Printed }
  /** AWS lets nobody read it; `why` is the error. */
  | { readonly kind: 'unread'; readonly why: string };

const RUNNING = new Set<string | undefined>(['Pending', 'InProgress', 'Delayed', 'Cancelling']);

/**
 * Reads the commands, by command and instance: `COMMAND INSTANCE`. The script's output stays below the 2,500 characters
 * at which the list cuts, so that one call serves the fifty workers of a command. A missing one does not show yet.
 *
 * @param asked the instances of each command, by its id
 */
export async function readCommands(
  ssm: SSMClient,
  asked: ReadonlyMap<string, readonly string[]>,
): Promise<Map<string, Invocation>> {
  const found = new Map<string, Invocation>();
  for (const [CommandId, instanceIds] of asked) {
    const { found: read = [], refused } = await unlessRefused(readCommand(ssm, CommandId));
    for (const invocation of read) found.set(`${CommandId} ${invocation.InstanceId}`, standOf(invocation));
    if (refused === undefined) continue;
    for (const instanceId of instanceIds) found.set(`${CommandId} ${instanceId}`, { kind: 'unread', why: refused });
  }
  return found;
}

async function readCommand(ssm: SSMClient, CommandId: string): Promise<CommandInvocation[]> {
  const found: CommandInvocation[] = [];
  const pages = paginateListCommandInvocations({ client: ssm, pageSize: 50 }, { CommandId, Details: true });
  for await (const page of pages) found.push(...(page.CommandInvocations ?? []));
  return found;
}

function standOf({ Status, CommandPlugins = [] }: CommandInvocation): Invocation {
  if (RUNNING.has(Status)) return { kind: 'running' };
  const said = Status === 'Success' ? CommandPlugins.flatMap(({ Output = '' }) => understood(Output)) : [];
  const [first] = said;
  return { kind: 'ended', ...(first !== undefined && { printed: first }) };
}

/** The one line of JSON in the output. Any other text is ignored. */
function understood(output: string): Printed[] {
  try {
    const parsed = printed.safeParse(JSON.parse(output.split('\n')[0] ?? ''));
    return parsed.success ? [parsed.data] : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
