import { createInterface } from 'node:readline/promises';
import { createClients } from './clients.ts';
import { COMMANDS } from './commands.ts';
import { print } from './output.ts';
import { remediator } from './remediator.ts';

// An empty variable counts as unset, as in the AWS CLI, so that the profile can set the region. The SDK would take it
// as a region's name.
if (process.env.AWS_REGION === '') delete process.env.AWS_REGION;

/** Asks on the terminal; undefined where input or output is not a terminal. */
async function askBack(question: string): Promise<boolean | undefined> {
  const { stdin: input, stderr: output } = process;
  if (!input.isTTY || !output.isTTY) return undefined;
  const asking = createInterface({ input, output });
  try {
    return /^y(es)?$/i.test((await asking.question(`${question} [y/N] `)).trim());
  } finally {
    asking.close();
  }
}

process.exitCode = await remediator(process.argv.slice(2), {
  commands: COMMANDS,
  createClients,
  clock: { now: () => Date.now() },
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  print,
  note: (text) => process.stderr.write(`${text}\n`),
  width: process.stdout.isTTY ? process.stdout.columns : undefined,
  askBack,
  env: process.env,
});
