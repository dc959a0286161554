import * as z from 'zod';
import { CHECKS, type CheckId } from '../../shared/posture/benchmark.ts';
import { safeParse } from '../../shared/runtime/safe-parse.ts';

const result = z.object({
  test_number: z.string({ error: 'must be the number of a check, such as "3.2.1"' }),
  test_desc: z.string().default(''),
  status: z.enum(['PASS', 'FAIL', 'WARN', 'INFO'], { error: 'must be PASS, FAIL, WARN or INFO' }),
  actual_value: z.string().optional(),
  reason: z.string().optional(),
});

const controls = z.object({
  version: z.string().default('unknown'),
  node_type: z.string().optional(),
  tests: z.array(z.object({ results: z.array(result).nullish() }), { error: 'must be the list of sections' }).nullish(),
});

/**
 * The output of `kube-bench --json` (check/controls.go): an object with Controls. Older versions print a list, or one
 * element of it.
 */
const report = z.union([
  z.object({ Controls: z.array(controls) }).transform(({ Controls }) => Controls),
  z.array(controls),
  controls.refine(({ tests }) => tests !== undefined).transform((one) => [one]),
]);

/** The result of kube-bench for one check that this project has, too. */
export interface TheirResult {
  readonly benchmark: string;
  readonly number: string;
  readonly title: string;
  readonly status: 'PASS' | 'FAIL' | 'WARN' | 'INFO';
  readonly actual?: string;
  readonly check: CheckId | undefined;
}

/** The input is not a report of kube-bench. */
export class KubeBenchError extends Error {
  override readonly name = 'KubeBenchError';
}

/**
 * Reads the results about nodes from a report. Checks are matched by title, because numbers have moved between
 * benchmarks: 4.1.5 of CIS Kubernetes is 3.1.1 here, and 3.2.6 of eks-1.0.1 was another check.
 *
 * @throws KubeBenchError naming what is wrong, and what it must be
 */
export function readKubeBench(input: unknown): TheirResult[] {
  const { data, error } = safeParse(report, input);
  if (error !== undefined)
    throw new KubeBenchError(
      `it is no report of kube-bench (${firstFault(error)}): give what kube-bench run --targets node --json prints`,
    );
  const ofNodes = data.filter(({ node_type: type }) => type === undefined || type === 'node');
  const results = ofNodes.flatMap(({ version, tests }) =>
    (tests ?? []).flatMap((section) => (section.results ?? []).map((one) => ({ benchmark: version, ...one }))),
  );
  if (results.length === 0) throw new KubeBenchError('it has no results of nodes: run kube-bench with --targets node');
  return results.map(({ benchmark, test_number: number, test_desc: title, status, actual_value: actual }) => ({
    benchmark,
    number,
    title,
    status,
    ...(actual === undefined || actual === '' ? {} : { actual }),
    check: CHECKS.find(({ about }) => about?.test(title.slice(0, 300)))?.id,
  }));
}

function firstFault({ issues }: z.core.$ZodError): string {
  const [issue] = issues;
  if (issue?.code === 'invalid_union') {
    // Of all known formats, the one that parsed deepest gives the most useful error.
    const deepest = issue.errors.flat().toSorted((a, b) => b.path.length - a.path.length)[0];
    return deepest === undefined ? 'unknown shape' : `${deepest.path.join('.') || 'it'}: ${deepest.message}`;
  }
  return issue === undefined ? 'unknown shape' : `${issue.path.join('.') || 'it'}: ${issue.message}`;
}
