import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHostTree, putFile } from './host-tree.ts';
import { al2, al2023, bottlerocket, type NodeInput } from './node-systems.ts';

/** The final result of a script. */
export interface ScriptResult {
  readonly exitCode: number;
  readonly output: string;
  readonly errorOutput: string;
}

/** The usual node of an image, where nothing else is specified. */
export function usualNode(osImage: string): NodeInput {
  if (osImage.startsWith('Bottlerocket')) return bottlerocket();
  if (osImage === 'Amazon Linux 2') return al2();
  if (osImage.startsWith('Amazon Linux')) return al2023();
  return { ...al2(), os: osImage.split(' ')[0]?.toLowerCase() ?? 'unknown' };
}

const results = new Map<string, ScriptResult>();

/**
 * Runs a script on a simulated host: creates a tree of its files, in which `sh` really runs the script, as the agent
 * would on the host. The same script on the same host gives the same result, so it runs only once.
 *
 * The user of the sandbox cannot give files to other owners, and creates them now. Owners are therefore reported as the
 * host has them, and times are left out, so that a run stays a function of its seed.
 */
export function runOnHost(script: string, node: NodeInput): ScriptResult {
  const key = JSON.stringify([script, node]);
  const known = results.get(key);
  if (known !== undefined) return known;
  const root = mkdtempSync(join(tmpdir(), 'host-'));
  try {
    mkdirSync(join(root, 'bin'));
    makeHostTree(root, node);
    if (node.report !== undefined) putApiclient(root, node);
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script], {
      env: { PATH: `${root}/bin:${process.env.PATH}`, POSTURE_ROOT: root },
      encoding: 'utf8',
      timeout: 60_000,
    });
    const result = { exitCode: status ?? 1, output: asOnHost(stdout, node), errorOutput: stderr };
    results.set(key, result);
    return result;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

interface GatheredFile {
  readonly path: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly modified?: number;
}

function asOnHost(output: string, { files }: NodeInput): string {
  const gathered: { readonly files?: readonly GatheredFile[] } = JSON.parse(output);
  const owned = new Map(files.map(({ path, owner, group }) => [path, { owner, group }]));
  const told = (gathered.files ?? []).map(({ uid: _u, gid: _g, modified: _m, ...file }) => ({
    ...file,
    ...(owned.get(file.path) ?? { owner: 'root', group: 'root' }),
  }));
  return `${JSON.stringify({ ...gathered, files: told })}\n`;
}

/** Bottlerocket's API client, as in the control container. */
function putApiclient(root: string, { kubernetesVersion, report }: NodeInput): void {
  const answers: Readonly<Record<string, unknown>> = {
    'get os': { os: { variant_id: `aws-k8s-${kubernetesVersion}`, version_id: '1.50.0' } },
    'get settings.host-containers.admin.enabled': { settings: { 'host-containers': { admin: { enabled: false } } } },
    'report cis-k8s -f json -l 2': report?.['cis-k8s'],
  };
  const cases = Object.entries(answers).map(
    ([words, answer]) => `'${words}') cat <<'JSON'\n${JSON.stringify(answer)}\nJSON\n;;`,
  );
  putFile(root, '/bin/apiclient', `#!/bin/sh\ncase "$*" in\n${cases.join('\n')}\n*) exit 1 ;;\nesac\n`, 0o755);
}
