import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeHostTree, putFile } from './host-tree.ts';
import { al2, al2023, bottlerocket, directory, type NodeInput } from './node-systems.ts';

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

/** The result of a script on a host, and the host's state afterwards. */
interface Run {
  readonly result: ScriptResult;
  readonly host: NodeInput;
}

const runs = new Map<string, Run>();

/**
 * Runs a script on a simulated host: creates a tree of its files, in which `sh` really runs the script, as the agent
 * would on the host. The same script on the same host gives the same result, so it runs only once. What the
 * script removes, adds or changes stays so on the host.
 *
 * The user of the sandbox cannot give files to other owners, and creates them now. Owners are therefore reported as the
 * host has them, and times are left out, so that a run stays a function of its seed.
 */
export function runOnHost(script: string, node: NodeInput): Run {
  const key = JSON.stringify([script, node]);
  const known = runs.get(key);
  if (known !== undefined) return known;
  const root = mkdtempSync(join(tmpdir(), 'host-'));
  try {
    mkdirSync(join(root, 'bin'));
    makeHostTree(root, node);
    if (node.report !== undefined) putApiclient(root, node);
    const before = textsBelow(root);
    const { status, stdout, stderr } = spawnSync('sh', ['-c', script], {
      env: { PATH: `${root}/bin:${process.env.PATH}`, POSTURE_ROOT: root, SHELLS_ROOT: root },
      encoding: 'utf8',
      timeout: 60_000,
    });
    const result = { exitCode: status ?? 1, output: asOnHost(stdout, node), errorOutput: stderr };
    const run = { result, host: changed(node, root, before, textsBelow(root)) };
    runs.set(key, run);
    return run;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

interface Text {
  readonly mode: string;
  readonly content: string;
}

/** The contents of the files below a root, by their paths there. */
function textsBelow(root: string): Map<string, Text> {
  const found = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    found.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(root.length), { mode: modeOf(path), content: readFileSync(path, 'utf8') }];
    }),
  );
}

const modeOf = (path: string): string => `0${(statSync(path).mode & 0o777).toString(8)}`;

/** The host with the differences between two reads of its files. A directory stays even when nothing is left in it. */
function changed(
  node: NodeInput,
  root: string,
  before: ReadonlyMap<string, Text>,
  after: ReadonlyMap<string, Text>,
): NodeInput {
  const differing = [...after].filter(
    ([path, { mode, content }]) => before.get(path)?.content !== content || before.get(path)?.mode !== mode,
  );
  const gone = [...before.keys()].filter((path) => !after.has(path));
  if (differing.length === 0 && gone.length === 0) return node;
  const emptied = [...new Set(gone.map((path) => dirname(path)))].filter((path) => existsSync(join(root, path)));
  const touched = new Set([...emptied, ...gone, ...differing.map(([path]) => path)]);
  const written = differing.map(([path, text]) => ({ path, owner: 'root', group: 'root', ...text }));
  return {
    ...node,
    files: [
      ...node.files.filter(({ path }) => !touched.has(path)),
      ...emptied.map((path) => directory(path, modeOf(join(root, path)))),
      ...written,
    ],
  };
}

interface GatheredFile {
  readonly path: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly modified?: number;
}

function asOnHost(output: string, { files }: NodeInput): string {
  const gathered: { readonly files?: readonly GatheredFile[] } = JSON.parse(output);
  if (gathered.files === undefined) return output;
  const owned = new Map(files.map(({ path, owner, group }) => [path, { owner, group }]));
  const told = gathered.files.map(({ uid: _u, gid: _g, modified: _m, ...file }) => ({
    ...file,
    ...(owned.get(file.path) ?? { owner: 'root', group: 'root' }),
  }));
  return `${JSON.stringify({ ...gathered, files: told })}\n`;
}

/** The file in which a Bottlerocket host of the sandbox keeps whether the admin container is on: `true`, or absent. */
export const ADMIN_CONTAINER = '/bottlerocket-api/admin';

/** Creates Bottlerocket's client of its API, as the control container has it. */
function putApiclient(root: string, { kubernetesVersion, report }: NodeInput): void {
  const answers: Readonly<Record<string, unknown>> = {
    'get os': { os: { variant_id: `aws-k8s-${kubernetesVersion}`, version_id: '1.50.0' } },
    'report cis-k8s -f json -l 2': report?.['cis-k8s'],
  };
  const cases = Object.entries(answers).map(
    ([words, answer]) => `'${words}') cat <<'JSON'\n${JSON.stringify(answer)}\nJSON\n;;`,
  );
  const admin = join(root, ADMIN_CONTAINER);
  const set = (value: string) =>
    `'set host-containers.admin.enabled=${value}') mkdir -p '${dirname(admin)}'; printf ${value} >'${admin}' ;;`;
  const get = `'get settings.host-containers.admin.enabled') printf '{"settings":{"host-containers":{"admin":{"enabled":%s}}}}' "$(cat '${admin}' 2>/dev/null || printf false)" ;;`;
  const script = `#!/bin/sh\ncase "$*" in\n${[...cases, set('true'), set('false'), get].join('\n')}\n*) exit 1 ;;\nesac\n`;
  putFile(root, '/bin/apiclient', script, 0o755);
}
