import { planId } from '../events/envelope.ts';
import type { ReadRecord } from '../functions/shared/records/record-line.ts';
import { codeOf, isOfAws } from '../functions/shared/runtime/aws-error.ts';
import { inShell } from '../functions/shared/text/in-shell.ts';
import { OPERATOR_COMMAND } from '../functions/shared/text/operator-command.ts';
import { jsonLine, visible } from '../functions/shared/text/visible.ts';
import type { ExitCode, Given, Surroundings } from './command.ts';
import { confirmed } from './confirm.ts';
import { followRequest, RequestRefused, type SentRequest, sendRequest } from './request.ts';
import { readScope, type Scope } from './scope.ts';
import { readSubject } from './subject.ts';
import { createTimeline } from './timeline.ts';
import { unknownHint } from './unknown-subject.ts';
import { UsageError } from './usage-error.ts';

/** A worker or a node group, as events name them. */
export type AskedAbout =
  | { readonly instanceId: string }
  | { readonly clusterName: string; readonly nodegroupName: string };

/** The subjects and reason of a request. Subjects are named, or all suitable ones of a scope or a wave. */
export interface Asked {
  readonly why: string;
  /** Skips the confirmation prompt. */
  readonly yes: boolean;
  readonly named: readonly AskedAbout[];
  readonly allIn?: Scope;
  /** A wave of the policy, or the id of an event or of an incident. */
  readonly wave?: string;
  /** Id of the plan that the request is about. */
  readonly plan?: string;
}

/**
 * Reads the subjects and the reason that every request needs.
 * @throws UsageError that names the wrong argument, and what would be right
 */
export function readAsked({ positionals, options }: Given): Asked {
  const { 'all-in': place, cluster, wave, plan } = options;
  const allIn = place ?? readClusterOption(cluster);
  const ways = [positionals.length > 0, place !== undefined, cluster !== undefined, wave !== undefined];
  const given = ways.filter(Boolean).length;
  if (given > 1) throw new UsageError('RESOURCE: give resources, or --all-in, --cluster or --wave');
  if (plan !== undefined && (given > 1 || allIn !== undefined || wave !== undefined || positionals.length > 1)) {
    throw new UsageError('--plan: it is about one resource; give that one, or none');
  }
  // A wrong subject is reported before a missing reason.
  const isNamed = positionals.length > 0 || (given === 0 && plan === undefined);
  const named = isNamed ? readAllNamed(positionals) : [];
  return {
    named,
    ...(typeof allIn === 'string' && { allIn: readScope([allIn]) }),
    ...(typeof wave === 'string' && { wave: readWave(wave) }),
    ...(typeof plan === 'string' && { plan: readPlan(plan) }),
    why: readWhy(options.why),
    yes: options.yes === true,
  };
}

/** A subject that is named twice is requested once. */
const readAllNamed = (texts: readonly string[]): AskedAbout[] => {
  const [first, ...more] = [...new Set(texts)];
  return [readAskedAbout(first), ...more.map(readAskedAbout)];
};

function readAskedAbout(text: string | undefined): AskedAbout {
  const subject = readSubject(text);
  if ('instance' in subject) return { instanceId: subject.instance };
  if ('event' in subject || subject.nodegroup === undefined) {
    throw new UsageError(
      `RESOURCE: "${text}" is neither an instance id (i-0abc...) nor a node group (CLUSTER/NODEGROUP)`,
    );
  }
  return { clusterName: subject.cluster, nodegroupName: subject.nodegroup };
}

/** @throws UsageError where a cluster is none, or is given as CLUSTER/NODEGROUP */
function readClusterOption(text: Given['options'][string]): string | undefined {
  if (typeof text !== 'string') return undefined;
  const { cluster, nodegroup } = readScope([text]);
  if (cluster !== undefined && nodegroup === undefined) return cluster;
  throw new UsageError(`--cluster: "${text}" is no CLUSTER; --all-in takes CLUSTER/NODEGROUP, too`);
}

function readPlan(text: string): string {
  if (planId.safeParse(text).success) return text;
  throw new UsageError(`--plan: "${text}" is no id of a plan; plan shows them, such as 3f9a1c07de`);
}

function readWave(text: string): string {
  if (text.trim() !== '' && text.length <= 300) return text;
  throw new UsageError(
    '--wave: give a wave of the policy (upgrades.waves), the id of an event, or the correlationId of a record',
  );
}

/** Reads the reason, which is required because records show it. */
function readWhy(text: Given['options'][string]): string {
  if (typeof text === 'string' && text.trim().length >= 3 && text.length <= 500) return text.trim();
  throw new UsageError('--why: say in 3 to 500 characters why, such as --why "the address is meant to be"');
}

export const ASK_OPTIONS = {
  why: { type: 'string' },
  'all-in': { type: 'string' },
  cluster: { type: 'string' },
  wave: { type: 'string' },
  yes: { type: 'boolean', short: 'y' },
} as const;
export const ASK_HELP = `  --why TEXT         the reason; the records keep it, beside your name
  -y, --yes          no confirmation

Instead of resources:

  --all-in PLACE     all that fit in a cluster (CLUSTER) or node group (CLUSTER/NODEGROUP)
  --cluster CLUSTER  all that fit in a cluster
  --wave WAVE        all that fit in a wave of the policy (upgrades.waves), or that came of one event (its id, or a
                     correlationId)

Several resources, and what --all-in, --cluster or --wave finds, are listed first; you confirm them once.`;

/** One request to be sent. */
export interface Wanted {
  /** The subject, as commands take it. */
  readonly subject: string;
  /** A clearer name for people, where the subject does not say which function gets the request, or about what. */
  readonly name?: string;
  readonly detail: Readonly<Record<string, unknown>> & { readonly action: string };
}

export interface AskOptions {
  readonly detailType: string;
  readonly wanted: readonly Wanted[];
  /** Whether a scope or a wave has chosen the subjects. Then even a single one needs a confirmation. */
  readonly chosen: boolean;
  readonly yes: boolean;
  /** Whether a record is the last one to wait for. */
  readonly isOutcome: (record: ReadRecord) => boolean;
}

/**
 * How long to wait for an outcome, ms. `manage-ssm-agent` gathers reconcile requests for half a minute, and one request
 * causes two reconciles.
 */
const PATIENCE = 4 * 60_000;

/**
 * Sends requests and prints their records as they appear. A request that AWS does not take stops no other one, once one
 * has been taken: what was asked for stays asked for.
 * @throws AWS's error for the first request, as where credentials are missing
 * @returns 1 when one is refused, or has no outcome in time
 */
export async function ask(
  surroundings: Surroundings,
  { detailType, wanted, yes, chosen, isOutcome }: AskOptions,
): Promise<ExitCode> {
  const { note } = surroundings;
  if (wanted.length === 0) {
    note('There is no resource that this fits; plan and status show what there is.');
    return 1;
  }
  if ((chosen || wanted.length > 1) && !yes && !(await isWanted(surroundings, wanted))) return 1;
  const sent: Array<{ readonly request: SentRequest; readonly subject: string }> = [];
  for (const { subject, name = subject, detail } of wanted) {
    try {
      const request = await sendRequest(surroundings, detailType, detail);
      note(
        `Asked to ${detail.action}${wanted.length > 1 ? ` ${visible(name)}` : ''} (${request.id}); waiting for what comes of it ...`,
      );
      sent.push({ request, subject });
    } catch (error) {
      if (!(error instanceof RequestRefused) && !(sent.length > 0 && isOfAws(error))) throw error;
      const why =
        error instanceof RequestRefused
          ? error.message
          : `AWS did not confirm it (${codeOf(error)}: ${error.message}). Ask again.`;
      note(`${visible(name)}: ${visible(why)}`);
    }
  }
  let good = sent.length === wanted.length;
  for (const { request, subject } of sent) {
    const isGood = await tellOutcome(surroundings, request, subject, isOutcome);
    good = good && isGood;
    const unknown = isGood || chosen ? '' : await unknownHint(surroundings, readSubject(subject));
    if (unknown !== '') note(visible(unknown.trimStart()));
  }
  return good ? 0 : 1;
}

/**
 * Lists the requests, and asks for confirmation.
 * @throws UsageError where nobody can answer
 */
async function isWanted(surroundings: Surroundings, wanted: readonly Wanted[]): Promise<boolean> {
  const { note } = surroundings;
  for (const { subject, name = subject } of wanted) note(`  ${visible(name)}`);
  const { action = '' } = wanted[0]?.detail ?? {};
  const what = wanted.length === 1 ? 'this resource' : `these ${wanted.length} resources`;
  const question = `${action.charAt(0).toUpperCase()}${action.slice(1)} ${what}?`;
  const answer = await confirmed(surroundings, question);
  if (!answer) note('Nothing was asked for.');
  return answer;
}

async function tellOutcome(
  surroundings: Surroundings,
  sent: SentRequest,
  subject: string,
  isOutcome: AskOptions['isOutcome'],
): Promise<boolean> {
  const { json, print, note, width } = surroundings;
  const heard: ReadRecord[] = [];
  const timeline = createTimeline(print, { width });
  const onRecord = (record: ReadRecord): void => {
    heard.push(record);
    if (json) print(jsonLine(record));
    else timeline.add(record);
    timeline.flush();
  };
  const outcome = await followRequest(surroundings, sent, { isOutcome, onRecord, timeout: PATIENCE });
  if (heard.length === 0) {
    note(`Nothing is recorded about it yet. Later: ${OPERATOR_COMMAND} explain ${sent.id}`);
    return false;
  }
  if (outcome === undefined)
    note(`More is to come: ${OPERATOR_COMMAND} explain ${visible(inShell(subject))} tells it.`);
  return !heard.some(({ reason }) => reason === 'request-refused');
}
