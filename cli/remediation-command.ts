import { detailType, type Requestable, type RequestedAction } from '../events/remediation-request.ts';
import { REMEDIATIONS } from '../functions/remediations.ts';
import { offersFor } from '../functions/review-actions/offers.ts';
import type { ReadRecord } from '../functions/shared/records/record-line.ts';
import { isAbout } from '../functions/shared/records/record-subject.ts';
import { didYouMean } from '../functions/shared/text/did-you-mean.ts';
import { visible } from '../functions/shared/text/visible.ts';
import { ASK_HELP, ASK_OPTIONS, type AskedAbout, ask, readAsked, type Wanted } from './ask.ts';
import type { Command, Given, Surroundings } from './command.ts';
import { aboutOf, nameOfAsked, offersIn } from './fitting.ts';
import { readRecords } from './records.ts';
import { conditionOf } from './subject.ts';
import { unknownHint } from './unknown-subject.ts';
import { UsageError } from './usage-error.ts';

const takersOf = (action: RequestedAction): Requestable[] =>
  REMEDIATIONS.filter(({ requests }: Requestable) => requests.includes(action));

const PLAN_HELP = `  --plan ID          only this plan, as plan shows it. It is refused once something else is proposed. Without RESOURCE it
                     finds its resource.`;

/** How far back to read records to find the remediation that is meant, ms. */
const LATEST = 7 * 86_400_000;

/** Creates the command for one kind of remediation request. */
export function remediationCommand(action: RequestedAction, summary: string, help: string): Command {
  const takers = takersOf(action).map(({ name }) => name);
  const isAboutPlan = action === 'approve' || action === 'reject';
  return {
    name: action,
    synopsis: takers.length === 1 ? 'CLUSTER/NODEGROUP... --why TEXT' : 'RESOURCE... --why TEXT',
    summary,
    help: [
      help,
      '',
      `  --remediation NAME ${takers.length === 1 ? takers.join() : 'the function, where the records leave open which one:'}`,
      ...(takers.length === 1 ? [] : [`                     ${takers.join(', ')}`]),
      ...(isAboutPlan ? [PLAN_HELP] : []),
      ASK_HELP,
    ].join('\n'),
    options: { ...ASK_OPTIONS, remediation: { type: 'string' }, ...(isAboutPlan && { plan: { type: 'string' } }) },
    read: (given) => {
      const asked = readAsked(given);
      const { why, yes } = asked;
      const named = asked.named.map((about) => ({ about, candidates: candidatesFor(action, about, given) }));
      const only = remediationIn(action, given);
      return async (surroundings) => {
        const wanted: Wanted[] = [];
        const want = (remediation: string, about: AskedAbout, plan = asked.plan) =>
          wanted.push({
            subject: nameOfAsked(about),
            name: `${nameOfAsked(about)} (${remediation}${plan === undefined ? '' : `, plan ${plan}`})`,
            detail: { remediation, action, ...about, ...(plan !== undefined && { plan }), why },
          });
        // The remediation is determined for all subjects before the first request is sent.
        for (const { about, candidates } of named)
          want(await chooseOne(surroundings, action, about, candidates), about);
        for (const offer of named.length > 0 ? [] : await offersIn(surroundings, action, asked)) {
          const about = aboutOf(offer);
          const isMeant = only === undefined || only === offer.remediation;
          if (about !== undefined && isMeant && takers.includes(offer.remediation))
            want(offer.remediation, about, offer.plan);
        }
        // The answer comes first; the following reconcile then records the state of the subject.
        const isOutcome = ({ reason }: ReadRecord): boolean => reason !== 'request-granted';
        return ask(surroundings, {
          detailType,
          wanted,
          yes,
          chosen: asked.named.length === 0 && asked.plan === undefined,
          isOutcome,
        });
      };
    },
  };
}

/**
 * The remediation named by the option, if any.
 * @throws UsageError where it takes no such request
 */
function remediationIn(action: RequestedAction, { options: { remediation } }: Given): string | undefined {
  if (remediation === undefined) return undefined;
  const names = takersOf(action).map(({ name }) => name);
  const found = names.find((name) => name === remediation);
  if (found !== undefined) return found;
  const meant = didYouMean(String(remediation), names);
  throw new UsageError(`--remediation: "${remediation}" is none for this; give ${names.join(' or ')}.${meant}`);
}

/** The remediations that take this action for this kind of subject. */
function candidatesFor(action: RequestedAction, about: AskedAbout, { options }: Given): string[] {
  const kind = 'instanceId' in about ? 'instance' : 'node-group';
  const fitting = takersOf(action)
    .filter(({ subject }) => subject === kind)
    .map(({ name }) => name);
  if (fitting.length === 0) throw new UsageError(`RESOURCE: only a node group (CLUSTER/NODEGROUP) can be ${action}d`);
  if (options.remediation === undefined) return fitting;
  const chosen = fitting.filter((name) => name === options.remediation);
  if (chosen.length === 1) return chosen;
  throw new UsageError(`--remediation: "${options.remediation}" is none for this; give ${fitting.join(' or ')}`);
}

/**
 * The remediation that an operator means: the only one whose latest record about the resource offers the action. Where
 * none does, it is the only one with any record about the resource, which then says why it refuses.
 * @throws UsageError where the records leave it open
 */
async function chooseOne(
  surroundings: Surroundings,
  action: RequestedAction,
  about: AskedAbout,
  candidates: readonly string[],
): Promise<string> {
  const [only, ...others] = candidates;
  if (only !== undefined && others.length === 0) return only;
  const subject =
    'instanceId' in about
      ? { instance: about.instanceId }
      : { cluster: about.clusterName, nodegroup: about.nodegroupName };
  const since = surroundings.clock.now() - LATEST;
  const found = await readRecords(surroundings, [conditionOf(subject)], since);
  // Records about workers of a node group name the node group, too.
  const records = found.filter(
    (record) => isAbout(record, subject) && ('instance' in subject || record.instance === undefined),
  );
  const offering = offersFor(records, REMEDIATIONS).filter((offer) => offer.action === action);
  const open = candidates.filter((name) => offering.some(({ remediation }) => remediation === name));
  const known = candidates.filter((name) => records.some(({ remediation }) => remediation === name));
  const [meant, ...more] = open.length > 0 ? open : known;
  if (meant !== undefined && more.length === 0) return meant;
  const unknown = known.length === 0 ? await unknownHint(surroundings, subject) : '';
  if (unknown !== '') throw new UsageError(`RESOURCE:${visible(unknown)}`);
  const who = open.length === 0 ? 'no remediation has' : 'more than one remediation has';
  throw new UsageError(
    `--remediation: ${who} proposed something about ${nameOfAsked(about)} in the last 7d; give ${candidates.join(' or ')}`,
  );
}
