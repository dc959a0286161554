import { createClients } from './clients.ts';
import { COMMANDS } from './commands.ts';
import { print } from './output.ts';
import { remediator } from './remediator.ts';

// Empty is unset, as for the AWS CLI: the profile may name the region. The SDK would take it for the name of one.
if (process.env.AWS_REGION === '') delete process.env.AWS_REGION;

process.exitCode = await remediator(process.argv.slice(2), {
  commands: COMMANDS,
  createClients,
  clock: { now: () => Date.now() },
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  print,
  note: (text) => process.stderr.write(`${text}\n`),
});
