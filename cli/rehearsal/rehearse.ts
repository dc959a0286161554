import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { visible } from '../../functions/shared/text/visible.ts';
import { UsageError } from '../usage-error.ts';
import { type Finding, type Ground, outcomeOf, type RehearsalClients, readGround, trouble } from './ground.ts';
import { LINES } from './lines.ts';
import { lookAtCluster, lookAtGroups, lookAtWorkers } from './look-around.ts';
import { STEPS } from './steps.ts';

export interface Rehearsal {
  readonly clients: RehearsalClients;
  readonly cluster: string;
  readonly region: string;
  /** Names of the steps that may change something. */
  readonly yes: ReadonlySet<string>;
  /** The content of docs/unverified.md. */
  readonly unverified: string;
  readonly print: (line: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const SIGNS: Readonly<Record<Finding['kind'], string>> = { answered: '✓', open: '·', trouble: '✗' };

/**
 * Checks one cluster of a real account against each line of docs/unverified.md. It reads, and calls EC2 with
 * `--dry-run`. Steps that change something run only if they are named.
 *
 * @returns whether nothing is wrong
 * @throws UsageError for an unknown step, or a cluster that does not exist
 */
export async function rehearse(rehearsal: Rehearsal): Promise<boolean> {
  const { clients, cluster, region, yes, print } = rehearsal;
  const unknown = [...yes].filter((name) => STEPS.every((step) => step.name !== name));
  if (unknown.length > 0) {
    throw new UsageError(`--yes: "${unknown[0]}" is no step. Steps: ${STEPS.map(({ name }) => name).join(', ')}`);
  }
  const who = await outcomeOf(() => clients.sts.send(new GetCallerIdentityCommand({})));
  if (!('answer' in who)) throw new UsageError(`These credentials are not taken: ${who.name}: ${who.why}`);
  print(
    `Rehearsal as ${who.answer.Arn} in ${region}. Nothing is changed${yes.size === 0 ? '' : `, but for ${[...yes].join(', ')}`}.`,
  );
  const ground = await readGround(clients, cluster, region, rehearsal.now);

  const found: Finding[] = [];
  const tell = async (heading: string, look: () => Finding[] | Promise<Finding[]>) => {
    print(`\n${heading}`);
    const findings = await lookSafely(look);
    found.push(...findings);
    for (const { kind, text } of findings) print(`  ${SIGNS[kind]} ${visible(text)}`);
  };
  await tell(`The cluster ${cluster}`, () => lookAtCluster(ground));
  await tell('Its node groups, as mode observe would see them', () => lookAtGroups(ground));
  await tell('Its workers', () => lookAtWorkers(ground));
  for (const line of linesOf(rehearsal.unverified)) await tell(`? ${line}`, () => checkLine(line, ground, yes));
  for (const { name, changes, run } of STEPS) {
    if (yes.has(name)) await tell(`Step ${name}: ${changes}`, () => run(ground));
  }
  const count = (kind: Finding['kind']) => found.filter((finding) => finding.kind === kind).length;
  print(`\n${count('answered')} answered, ${count('open')} open, ${count('trouble')} to look at.`);
  const left = STEPS.filter(({ name }) => !yes.has(name));
  if (left.length > 0) print('These change something, and tell more:');
  for (const { name, changes } of left) print(`  --yes ${name}   ${changes}`);
  return count('trouble') === 0;
}

/** The questions of docs/unverified.md: the first cell of each row of its tables. */
export const linesOf = (page: string): string[] =>
  page.split('\n').flatMap((line) => {
    const [, first] = /^\| (.+?) \| /.exec(line) ?? [];
    return first === undefined || first === 'not known' || first.startsWith('---') ? [] : [first];
  });

async function checkLine(line: string, ground: Ground, yes: ReadonlySet<string>): Promise<Finding[]> {
  const check = LINES.find((each) => line.startsWith(each.line));
  if (check === undefined) return [trouble('no look at it is known')];
  const seen = await check.look(ground);
  if (check.step === undefined) return seen;
  return [...seen, { kind: 'open', text: `the step ${check.step} tells${yes.has(check.step) ? ', below' : ''}` }];
}

/** Runs one check; a failure does not stop the others. */
async function lookSafely(look: () => Finding[] | Promise<Finding[]>): Promise<Finding[]> {
  const outcome = await outcomeOf(async () => look());
  return 'answer' in outcome ? outcome.answer : [trouble(`${outcome.name}: ${outcome.why}`)];
}
