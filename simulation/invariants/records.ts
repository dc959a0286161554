import { REMEDIATIONS } from '../../functions/remediations.ts';
import type { RemediationRecord } from '../../functions/shared/records/record.ts';
import type { Day, Invariant } from './invariant.ts';

/** Functions that nothing but a schedule starts: the next run does what a lost one should have done. */
const REPEATED: ReadonlySet<string> = new Set(
  REMEDIATIONS.filter(({ start, events }) => start.by === 'schedule' && Object.keys(events).length === 0).map(
    ({ name }) => name,
  ),
);

/** An outcome that is told twice is told in the same words, and nothing is lost on its way. */
export function records(day: Day): Invariant {
  const { run } = day;
  return {
    onEnd() {
      const told = new Map<string, string>();
      for (const record of run.records) {
        const words = saidIn(record);
        if ((told.get(record.id) ?? words) !== words)
          day.breach('one record an outcome', `${told.get(record.id)} / ${words}`);
        told.set(record.id, words);
      }
      for (const { targetArn, code } of run.account.deliveries.lost.map(({ delivery, code }) => ({
        ...delivery,
        code,
      }))) {
        day.breach('nothing is lost', `a delivery to ${targetArn}: ${code}`);
      }
      for (const { functionName, reason } of run.account.lambda.dropped) {
        if (REPEATED.has(run.account.lambda.function(functionName).label)) continue;
        day.breach('nothing is lost', `an event of ${functionName}: ${reason}`);
      }
      for (const queue of run.account.sqs.queues.filter(({ settings }) => settings.redrive === undefined)) {
        const { visible } = queue.counts();
        if (visible > 0) day.breach('nothing is lost', `${visible} messages are in ${queue.name}`);
      }
    },
  };
}

const saidIn = ({ remediation, decision, reason, cluster, nodegroup, instance, message }: RemediationRecord): string =>
  [remediation, decision, reason, cluster, nodegroup, instance, message].join(' ');
