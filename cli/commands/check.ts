import { detailType } from '../../events/posture-reconcile-request.ts';
import { CLUSTER, readClusterStates, readGroupStates } from '../../functions/check-posture/posture-ledger.ts';
import { subjectOf } from '../../functions/shared/ledger/node-group-key.ts';
import { rowsOf } from '../../functions/shared/posture/report.ts';
import { counted } from '../../functions/shared/text/counted.ts';
import { OPERATOR_COMMAND } from '../../functions/shared/text/operator-command.ts';
import { visible } from '../../functions/shared/text/visible.ts';
import type { Command, ExitCode, Surroundings } from '../command.ts';
import { readFleetNow } from '../fleet.ts';
import { meantPlace } from '../meant-subject.ts';
import { type HowToReport, printRows } from '../posture-report.ts';
import { readingLedger } from '../reading-ledger.ts';
import { readRecords } from '../records.ts';
import { type SentRequest, sendRequest } from '../request.ts';
import { conditionOf, readSubject } from '../subject.ts';
import { UsageError } from '../usage-error.ts';

/**
 * How long to wait for a check, ms. A command may take five minutes to reach its agents, and a check under way comes
 * first.
 */
const PATIENCE = 20 * 60_000;
/** Pause between two reads, ms of this machine. */
const POLL_MS = 5_000;

/** `check`: checks the hosts of a node group or a cluster now, and prints the findings. */
export const check: Command = {
  name: 'check',
  synopsis: 'CLUSTER[/NODEGROUP]',
  summary: 'checks the posture of hosts now, and shows what fails',
  help: `check-posture checks workers of the node group, or of all groups of the cluster, whether they are due or not. It takes as many
workers of each AMI as the policy says (posture.sample). Nothing is changed. A check takes a minute or two.

  --all   shows what passes, too
  --csv   prints comma-separated values`,
  options: { all: { type: 'boolean', default: false }, csv: { type: 'boolean', default: false } },
  read: ({ positionals: [text, ...rest], options: { all, csv } }) => {
    const subject = readSubject(text);
    if (!('cluster' in subject))
      throw new UsageError(`RESOURCE: "${text}" is neither a node group (CLUSTER/NODEGROUP) nor a cluster (CLUSTER)`);
    if (rest.length > 0) throw new UsageError(`"${rest.join(' ')}": check takes one node group or cluster`);
    return (surroundings) => checkNow(surroundings, subject, { all: all === true, csv: csv === true });
  },
};

async function checkNow(
  surroundings: Surroundings,
  { cluster, nodegroup }: { readonly cluster: string; readonly nodegroup?: string },
  how: HowToReport,
): Promise<ExitCode> {
  const { note } = surroundings;
  const name = nodegroup === undefined ? cluster : `${cluster}/${nodegroup}`;
  const request = await sendRequest(surroundings, detailType, {
    trigger: 'operator',
    clusterName: cluster,
    ...(nodegroup !== undefined && { nodegroupName: nodegroup }),
  });
  note(`Asked to check ${visible(name)} (${request.id}); waiting for what its hosts tell ...`);
  const answer = await waitForAnswer(surroundings, cluster, request);
  if (answer === undefined) {
    note(`No answer came in time. ${OPERATOR_COMMAND} posture shows what the last check found.`);
    return 1;
  }
  if ('refusal' in answer) {
    note(answer.refusal);
    return 1;
  }
  // Concurrent requests share one check.
  const groups = answer.groups.filter((group) => nodegroup === undefined || group === nodegroup);
  if (groups.length === 0) {
    const meant = meantPlace(await readFleetNow(surroundings), {
      cluster,
      ...(nodegroup !== undefined && { nodegroup }),
    });
    note(
      `No worker of ${visible(name)} can be checked. A check needs a worker that runs Linux, answers in Systems Manager, has not opted out and is not a node of EKS Auto Mode.${meant}`,
    );
    return 1;
  }
  const ledger = readingLedger(surroundings);
  const subjects = groups.map((group) => subjectOf({ cluster, nodegroup: group }));
  const rows = rowsOf(await readGroupStates(ledger, subjects), how.all);
  printRows(surroundings, rows, how);
  const looked = counted(groups.length, 'group was', 'groups were');
  note(`${looked} checked; ${counted(rows.length, 'row')}.`);
  return 0;
}

/** Waits until the ledger says that the request was answered, or a record that it is refused. */
async function waitForAnswer(
  surroundings: Surroundings,
  cluster: string,
  { id, at }: SentRequest,
): Promise<{ readonly groups: readonly string[] } | { readonly refusal: string } | undefined> {
  const { clock, sleep } = surroundings;
  const ledger = readingLedger(surroundings);
  for (const end = clock.now() + PATIENCE; ; ) {
    const isLast = clock.now() >= end;
    const states = await readClusterStates(ledger, [cluster]);
    if (ledger.unreadable?.has(CLUSTER, cluster))
      return { refusal: `check-posture leaves ${visible(cluster)} alone until that item can be read.` };
    const answer = states.get(cluster)?.answers?.find((one) => one.id === id);
    if (answer !== undefined) return answer;
    const records = await readRecords(surroundings, [conditionOf({ event: id })], at - 60_000);
    const refused = records.find(({ correlationId }) => correlationId === id);
    if (refused !== undefined) return { refusal: refused.message };
    if (isLast) return undefined;
    await sleep(POLL_MS);
  }
}
