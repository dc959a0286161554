import { detailType as quarantineRequest } from '../../events/quarantine-request.ts';
import { detailType as remediationRequest } from '../../events/remediation-request.ts';
import { REMEDIATIONS } from '../../functions/remediations.ts';
import type { Remediation } from '../../functions/shared/declaration/remediation.ts';
import type { ReadRecord } from '../../functions/shared/records/record-line.ts';
import { type IncidentTarget, isAbout } from '../../functions/shared/records/record-subject.ts';
import { isAnswer, isGroupClosed, isQuarantineGuard, meansQuarantine } from '../../functions/shared/records/status.ts';
import { visible } from '../../functions/shared/text/visible.ts';
import { type AskedAbout, ask, readAsked } from '../ask.ts';
import type { Command, ExitCode, Surroundings } from '../command.ts';
import { nameOfAsked } from '../fitting.ts';
import { readIncident } from '../incident.ts';
import { unknownHint } from '../unknown-subject.ts';
import { UsageError } from '../usage-error.ts';

/** `undo`: reverts what was done about a subject. */
export const undo: Command = {
  name: 'undo',
  synopsis: 'RESOURCE --why TEXT',
  summary: 'takes back what was done: a quarantine, a closed exposure, closed keys, IMDSv2, an instance refresh',
  help: `RESOURCE is an instance id (i-0abc...) or a node group (CLUSTER/NODEGROUP). What is undone follows from its records
of the last 30 days:

  in quarantine            the worker is released
  an exposure was closed   the exposure of the node group is opened again
  IMDSv2 was required      the worker takes version 1 again
  keys were closed         the worker gets its authorized_keys back, or its admin container is switched on
  a group was refreshed    the refresh is rolled back; after its end the former template version comes back
  something else           no function has the right to take back an attached policy or the preferences of Session
                           Manager: the command for that is printed

  --why TEXT         the reason; the records keep it, beside your name`,
  options: { why: { type: 'string' } },
  read: (given) => {
    const { named, why } = readAsked(given);
    const [about, ...more] = named;
    if (about === undefined || more.length > 0) throw new UsageError('RESOURCE: one at a time is undone');
    return (surroundings) => takeBack(surroundings, about, why);
  },
};

/** How far back to look for acts, ms. */
const FROM = 30 * 86_400_000;

async function takeBack(surroundings: Surroundings, about: AskedAbout, why: string): Promise<ExitCode> {
  const { clock, note, print, json } = surroundings;
  const target: IncidentTarget =
    'instanceId' in about
      ? { instance: about.instanceId }
      : { cluster: about.clusterName, nodegroup: about.nodegroupName };
  const records = await readIncident(surroundings, target, Math.max(0, clock.now() - FROM));
  const own = records.filter(
    (record) => isAbout(record, target) && ('instance' in target || record.instance === undefined),
  );
  const commands = undoCommandsIn(own);
  for (const command of commands) {
    if (!json) note('The remediator may not do this itself. Whoever may runs:');
    print(visible(command));
  }
  const subject = nameOfAsked(about);
  const request = requestFor(own, about, why);
  if (request !== undefined)
    return ask(surroundings, { ...request, wanted: [{ subject, detail: request.detail }], yes: true, chosen: false });
  if (commands.length > 0) return 0;
  note(
    `Nothing is recorded about ${subject} in the last 30d that could be undone.${visible(await unknownHint(surroundings, target))}`,
  );
  return 1;
}

/** The undo commands in the records, for acts that no function can revert; each different one once. */
export const undoCommandsIn = (records: readonly ReadRecord[]): string[] => [
  ...new Set(
    records.flatMap(({ decision, details }) =>
      decision === 'acted' && typeof details?.undo === 'string' ? [details.undo] : [],
    ),
  ),
];

/** The request that reverts what the functions' latest outcomes are about; undefined when no request can. */
export function requestFor(records: readonly ReadRecord[], about: AskedAbout, why: string) {
  const lastOf = (name: string): string | undefined =>
    records.findLast(
      ({ remediation, reason }) => remediation === name && !isAnswer(reason) && !isQuarantineGuard(reason),
    )?.reason;
  const quarantine = lastOf('quarantine-workers');
  const reasons = records.flatMap(({ remediation, reason }) => (remediation === 'quarantine-workers' ? [reason] : []));
  if ((quarantine !== undefined && meansQuarantine(quarantine)) || isGroupClosed(reasons)) {
    // `release-started` does not mean that the release has ended.
    const isOutcome = ({ decision, reason }: ReadRecord): boolean =>
      decision !== 'waiting' && reason !== 'release-started';
    return { detailType: quarantineRequest, detail: { action: 'release', ...about, why }, isOutcome };
  }
  const rejected = REMEDIATIONS.find(
    ({ name, reasons }: Remediation) => reasons[lastOf(name) ?? '']?.rejectUndoes === true,
  );
  if (rejected === undefined) return undefined;
  const isOutcome = ({ reason }: ReadRecord): boolean => reason !== 'request-granted';
  const detail = { remediation: rejected.name, action: 'reject', ...about, why };
  return { detailType: remediationRequest, detail, isOutcome };
}
