import { judge } from '../../functions/check-posture/judge/judge.ts';
import { type Node, NodeError, readNode } from '../../functions/check-posture/judge/node.ts';
import { compare } from '../../functions/check-posture/kube-bench/compare.ts';
import { KubeBenchError, readKubeBench } from '../../functions/check-posture/kube-bench/report.ts';
import { benchmarkFor, CHECKS } from '../../functions/shared/posture/benchmark.ts';
import { readAllGroupStates } from '../../functions/shared/posture/group-states.ts';
import { rowsOf } from '../../functions/shared/posture/report.ts';
import { counted } from '../../functions/shared/text/counted.ts';
import { jsonLine } from '../../functions/shared/text/visible.ts';
import type { Command, ExitCode, Given, Local, Surroundings } from '../command.ts';
import { contentOf } from '../input-file.ts';
import { type HowToReport, printRows } from '../posture-report.ts';
import { readingLedger } from '../reading-ledger.ts';
import { table } from '../table.ts';
import { UsageError } from '../usage-error.ts';

/** `posture`: shows the posture of hosts, judges gathered nodes, and reads reports of kube-bench. */
export const posture: Command = {
  name: 'posture',
  synopsis: '[judge NODE.json | import FILE]',
  summary: 'shows which checks of the CIS Amazon EKS Benchmark hosts fail; judges a node; compares kube-bench',
  help: `Alone it shows what check-posture found last: group, check, verdict, since when, evidence.

  --all                          shows what passes, too
  --csv                          prints comma-separated values
  -o wide                        adds what to do, and what EKS Auto Mode would give

These need no AWS; - is standard input:

  judge NODE.json [--why]        judges a node by each check of the node section: PASS, FAIL, MANUAL or N/A, as one JSON
                                 object; --why adds the evidence, and what to do
  import FILE [--node NODE.json] reads a kube-bench report (kube-bench run --targets node --json) and shows what it says;
                                 with the node it shows who is right where the two differ, and why`,
  options: {
    why: { type: 'boolean', default: false },
    node: { type: 'string' },
    all: { type: 'boolean', default: false },
    csv: { type: 'boolean', default: false },
  },
  read:
    ({ options: { all, csv } }) =>
    (surroundings) =>
      report(surroundings, { all: all === true, csv: csv === true }),
  local: (given) => {
    const { positionals, options } = given;
    const isReport = positionals.length === 0 && options.node === undefined && options.why !== true;
    if (!isReport && (options.all === true || options.csv === true))
      throw new UsageError('--all and --csv: belong to posture alone, without judge or import');
    return isReport ? undefined : localOf(given);
  },
};

function localOf({ positionals: [verb, file, ...rest], options }: Given): (local: Local) => Promise<ExitCode> {
  const node = typeof options.node === 'string' ? options.node : undefined;
  if (verb !== 'judge' && verb !== 'import')
    throw new UsageError(
      `${verb === undefined ? 'VERB: missing' : `"${verb}"`}: posture takes judge NODE.json or import FILE`,
    );
  if (file === undefined)
    throw new UsageError(`${verb === 'judge' ? 'NODE.json' : 'FILE'}: missing; name a file, or - for stdin`);
  if (rest.length > 0) throw new UsageError(`"${rest.join(' ')}": posture ${verb} takes one file`);
  if (verb === 'judge') {
    if (node !== undefined)
      throw new UsageError('--node: belongs to posture import; posture judge takes the node itself');
    return (local) => judgeFile(local, file, options.why === true);
  }
  if (options.why === true) throw new UsageError('--why: belongs to posture judge; posture import always says why');
  if (file === '-' && node === '-') throw new UsageError('--node: stdin holds one file; name the other');
  return (local) => importFile(local, file, node);
}

/** Prints what the ledger knows of every node group, from its last check. */
async function report(surroundings: Surroundings, how: HowToReport): Promise<ExitCode> {
  const states = await readAllGroupStates(readingLedger(surroundings));
  const rows = rowsOf(states, how.all);
  printRows(surroundings, rows, how);
  const never =
    states.size === 0 ? 'No group was looked at yet: each cluster is, within an hour of a deploy.' : undefined;
  surroundings.note(
    never ?? `${counted(states.size, 'group was', 'groups were')} checked; ${counted(rows.length, 'row')}.`,
  );
  return 0;
}

async function judgeFile({ print }: Local, file: string, why: boolean): Promise<ExitCode> {
  const node = await nodeIn(file);
  const judgements = judge(node);
  const benchmark = benchmarkFor(node.kubernetesVersion);
  const { version, caveat } = benchmark;
  const source = `CIS Amazon EKS Benchmark ${version}${caveat === undefined ? '' : ` (${caveat})`}`;
  const entries = CHECKS.map(({ id, title, todo }) => {
    const { verdict, evidence } = judgements[id];
    if (!why) return [id, verdict];
    const isOwn = id === 'EHR.1';
    return [
      id,
      { verdict, title, benchmark: isOwn ? 'of our own' : source, evidence, ...(verdict === 'FAIL' ? { todo } : {}) },
    ];
  });
  print(jsonLine(Object.fromEntries(entries)));
  return 0;
}

async function importFile({ print, json }: Local, file: string, nodeFile: string | undefined): Promise<ExitCode> {
  const theirs = await kubeBenchIn(file);
  const rows = compare(theirs, nodeFile === undefined ? undefined : await nodeIn(nodeFile));
  if (json) {
    for (const { check = null, kubeBench, ours, right, why } of rows)
      print(jsonLine({ check, kubeBench, ours: ours?.verdict ?? null, evidence: ours?.evidence ?? [], right, why }));
    return 0;
  }
  const about = rows.filter(({ check }) => check !== undefined);
  const lines = about.map(({ check = '', kubeBench, ours, right, why }) => [
    check,
    `${kubeBench.benchmark} ${kubeBench.number}`,
    kubeBench.status,
    ours?.verdict ?? '-',
    right,
    why,
  ]);
  print(table([['check', 'kube-bench', 'says', 'here', 'right', 'why'], ...lines]));
  const others = rows.length - about.length;
  if (others > 0)
    print(
      `${counted(others, 'more result is', 'more results are')} about no check of the EKS benchmark's node section (--json shows them).`,
    );
  return 0;
}

async function nodeIn(file: string): Promise<Node> {
  const input = await jsonIn(file);
  try {
    return readNode(input);
  } catch (error) {
    if (error instanceof NodeError) throw new UsageError(indent(file, error.message));
    throw error;
  }
}

async function kubeBenchIn(file: string) {
  const input = await jsonIn(file);
  try {
    return readKubeBench(input);
  } catch (error) {
    if (error instanceof KubeBenchError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}

const indent = (file: string, faults: string): string =>
  faults
    .split('\n')
    .map((fault) => `${file}: ${fault}`)
    .join('\n');

/** @throws UsageError that says what is wrong with the file */
async function jsonIn(file: string): Promise<unknown> {
  const content = await contentOf(file);
  try {
    return JSON.parse(content.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new UsageError(`${file}: is no JSON (${messageOf(error)})`);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
