import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { openAccount } from '../sandbox/embedded-account.ts';
import { parseFleet } from '../sandbox/fleet/parse-fleet.ts';
import type { SynthesizedStack } from '../sandbox/stack/template.ts';
import { measuredFleet } from './measured-fleet.ts';
import { median } from './table.ts';

export interface ImportFigures {
  readonly runs: number;
  /** CPU of a Node that loads nothing, ms. */
  readonly bareMs: number;
  readonly functions: ReadonlyArray<{
    readonly name: string;
    readonly bytes: number;
    /** Bytes of Kubernetes' client, which the function loads when it first calls Kubernetes. */
    readonly laterBytes: number;
    /** CPU of a Node that loads the bundle, ms. */
    readonly ms: number;
    /** `ms` as a multiple of `bareMs`. */
    readonly ratio: number;
  }>;
}

/**
 * Measures the CPU that Node takes to load each bundle in a fresh process, as medians. Time on the clock would include
 * other users of the machine.
 */
export async function measureImports(synthesized: SynthesizedStack, runs: number): Promise<ImportFigures> {
  const fleet = parseFleet(JSON.stringify(measuredFleet({ clusters: 1, workersPerCluster: 1 })), 'bench');
  // A bundle reads its environment when it is loaded, and only an account resolves that environment.
  const { lambda, world } = await openAccount({ fleet, seed: 1, synthesized });
  const functions = lambda.functions.toSorted((a, b) => a.label.localeCompare(b.label));
  const bare: number[] = [];
  const loads = new Map<string, number[]>(functions.map(({ label }) => [label, []]));
  // The runs of all bundles are interleaved, so that a busy moment of the machine affects all alike.
  for (let run = 0; run < runs; run++) {
    bare.push(cpuOfNode('', {}));
    for (const { label, bundle, environment } of functions) {
      const load = `require(${JSON.stringify(bundle)});`;
      loads.get(label)?.push(cpuOfNode(load, { ...environment, AWS_REGION: world.region }));
    }
  }
  const bareMs = median(bare);
  return {
    runs,
    bareMs,
    functions: functions.map(({ label, bundle }) => {
      const ms = median(loads.get(label) ?? []);
      const later = statSync(join(dirname(bundle), 'kubernetes-client.js'), { throwIfNoEntry: false });
      return { name: label, bytes: statSync(bundle).size, laterBytes: later?.size ?? 0, ms, ratio: ms / bareMs };
    }),
  };
}

/** CPU of a fresh Node process from its start until it has run `code`, ms. */
function cpuOfNode(code: string, environment: Readonly<Record<string, string>>): number {
  const report =
    'const { userCPUTime, systemCPUTime } = process.resourceUsage(); console.log(userCPUTime + systemCPUTime);';
  const options = { env: environment, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', `${code}${report}`], options);
  if (status !== 0) throw new Error(`node -e ${code} failed:\n${stderr.slice(-1_000)}`);
  return Number(stdout) / 1_000;
}
