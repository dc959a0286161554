import { parsePolicy } from '../functions/shared/policy.ts';
import { type Arguments, readArguments, UsageError } from './cli/arguments.ts';
import { withDeployment } from './cli/deployment.ts';
import { listen } from './cli/listen.ts';
import { summarize } from './cli/summary.ts';
import { createTimeline } from './cli/timeline.ts';
import { fleetJsonSchema } from './fleet.ts';
import { startRun } from './play.ts';
import { TemplateError } from './stack/template.ts';

const print = (text: string) => process.stdout.write(`${text}\n`);
const note = (text: string) => process.stderr.write(`${text}\n`);

/** Plays one run as the arguments say. */
async function run(options: Arguments): Promise<void> {
  const { json, calls: withCalls, policy, listen: serve, duration } = options;
  const fault = policy === undefined ? undefined : parsePolicy(policy, 'enforce');
  // Not refused: how the functions meet a bad policy is worth seeing.
  if (fault !== undefined && 'error' in fault) note(`--policy: ${fault.error}\nNothing will act.`);

  await withDeployment(async (synthesized) => {
    const timeline = createTimeline(print);
    const { account, records, calls } = await startRun({
      ...options,
      synthesized,
      onRecord: json ? (record) => print(JSON.stringify(record)) : timeline,
      onCall: (call) => {
        if (!withCalls) return;
        const { kind, function: name, service, operation, input, outcome, at } = call;
        print(JSON.stringify({ kind, function: name, service, operation, input, outcome, at }));
      },
    });
    if (serve === undefined) await account.play(duration ?? 0);
    else {
      await listen(account, serve, duration, (url) => {
        note(`Serving account ${account.world.accountId} (${account.world.region}) at ${url}, for example:`);
        note('  export AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox');
        note(`  aws --endpoint-url ${url} --region ${account.world.region} eks list-clusters`);
      });
    }
    if (json) print(JSON.stringify({ kind: 'fleet', ...account.snapshot() }));
    else print(`\n${summarize(account, records, calls.length)}`);
  });
}

try {
  const options = readArguments(process.argv.slice(2));
  if (options === 'schema') print(JSON.stringify(fleetJsonSchema(), null, 2));
  else await run(options);
} catch (error) {
  const usage = error instanceof UsageError || error instanceof TemplateError;
  note(usage ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = usage ? 2 : 1;
}
