import { type CommandInvocation, paginateListCommandInvocations, type SSMClient } from '@aws-sdk/client-ssm';
import * as z from 'zod';

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
export type Invocation = { readonly kind: 'running' } | { readonly kind: 'ended'; readonly printed?: Printed };

const RUNNING = new Set<string | undefined>(['Pending', 'InProgress', 'Delayed', 'Cancelling']);

/**
 * Reads the commands, by command and instance: `COMMAND INSTANCE`. The script's output stays below the 2,500 characters
 * at which the list cuts, so that one call serves the fifty workers of a command. A missing one does not show yet.
 */
export async function readCommands(ssm: SSMClient, ids: Iterable<string>): Promise<Map<string, Invocation>> {
  const found = new Map<string, Invocation>();
  for (const CommandId of ids)
    for await (const page of paginateListCommandInvocations(
      { client: ssm, pageSize: 50 },
      { CommandId, Details: true },
    ))
      for (const invocation of page.CommandInvocations ?? [])
        found.set(`${CommandId} ${invocation.InstanceId}`, standOf(invocation));
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
