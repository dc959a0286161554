import { checkPolicy, standstill } from '../../cli/policy-check.ts';
import { createTimeline } from '../../cli/timeline.ts';
import { parsePolicy } from '../../functions/policy-document.ts';
import { isInvalid } from '../../functions/shared/policy/policy.ts';
import { startRun } from '../play.ts';
import type { SynthesizedStack } from '../stack/template.ts';
import type { Arguments } from './arguments.ts';
import { listen } from './listen.ts';
import { summarize } from './summary.ts';

/** The output of a run. */
export interface Output {
  /** Prints the result to stdout, one or several lines at a time. */
  readonly print: (text: string) => void;
  /** Prints further information to stderr. */
  readonly note: (text: string) => void;
}

/**
 * Carries out one run.
 * @throws UsageError when the port to serve is not available
 */
export async function run(options: Arguments, synthesized: SynthesizedStack, { print, note }: Output): Promise<void> {
  const { json, calls: withCalls, policy, listen: serve, duration } = options;
  const parsed = policy === undefined ? undefined : parsePolicy(policy, 'enforce');
  // An invalid policy is not refused, because it is worth seeing how the functions react to it.
  if (policy !== undefined && parsed !== undefined && isInvalid(parsed)) {
    note(`--policy: ${parsed.error}`);
    note(`Until that is right, ${standstill(checkPolicy(policy, 0).stopped)}.`);
  }

  const timeline = createTimeline(print);
  const { account, records, calls } = await startRun({
    ...options,
    synthesized,
    onRecord: json ? (record) => print(JSON.stringify(record)) : timeline.add,
    onCall: (call) => {
      if (!withCalls) return;
      const { kind, function: name, service, operation, input, outcome, at } = call;
      print(JSON.stringify({ kind, function: name, service, operation, input, outcome, at }));
    },
  });
  if (serve === undefined) await account.play(duration ?? 0);
  else {
    await listen(account, serve, duration, (url, { clusters }) => {
      note(`Serving account ${account.world.accountId} (${account.world.region}) at ${url}, for example:`);
      note('  export AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox');
      note(`  aws --endpoint-url ${url} --region ${account.world.region} eks list-clusters`);
      note(
        clusters
          ? `  AWS_ENDPOINT_URL=${url} aws --region ${account.world.region} eks update-kubeconfig --name CLUSTER; then kubectl get nodes`
          : '  kubectl reaches no cluster: that needs the command openssl, which is not here.',
      );
    });
  }
  timeline.flush();
  if (json) print(JSON.stringify({ kind: 'fleet', ...account.snapshot() }));
  else print(`\n${summarize(account, records, calls.length)}`);
}
