import { posix } from 'node:path';
import { type Evidence, type Judgement, judged } from '../../shared/posture/verdict.ts';
import type { EffectiveConfig } from './effective-config.ts';
import { dropInsOf } from './effective-config.ts';
import type { FileTree } from './file-tree.ts';
import type { NodeFile } from './node.ts';

/** The modes that are permitted: for a file by the benchmark, for a directory by this project. */
const FILE = 0o644;
const DIRECTORY = 0o755;
const WRITE_OF_OTHERS = 0o022;
const STICKY = 0o1000;

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');

const isRoot = ({ owner, group, uid, gid }: NodeFile): boolean =>
  (uid === undefined ? isRootName(owner) : uid === 0) && (gid === undefined ? isRootName(group) : gid === 0);

const isRootName = (principal: string | number): boolean => String(principal) === 'root' || String(principal) === '0';

/** Judges mode and owner of the file that a flag names. The mode of a link is ignored: it is always 0777. */
export function judgeFile(
  flag: 'kubeconfig' | 'config',
  { flags }: EffectiveConfig,
  tree: FileTree,
): { mode: Judgement; owner: Judgement } {
  const path = flags.path(flag);
  if (path === undefined) {
    const none = judged('N/A', `the kubelet has no --${flag}`);
    return { mode: none, owner: none };
  }
  const { shown = '' } = flags.last(flag) ?? {};
  const found = tree.resolve(path);
  if ('missing' in found || found.file.type === 'dir') {
    const what = 'missing' in found ? found.missing : `${path} is a directory`;
    const unknown = judged('MANUAL', { flag: shown, value: what });
    return { mode: unknown, owner: unknown };
  }
  const { file, links } = found;
  const via = links.length === 0 ? '' : `, through the link ${links.map((link) => link.path).join(', ')}`;
  const excess = file.mode & ~FILE;
  const modeText = `mode ${octal(file.mode)}${excess === 0 ? '' : `, ${octal(excess)} too much`}${via}`;
  const ownerText = `owner ${file.owner}:${file.group}${via}`;
  const named: Evidence = { flag: shown, value: `names ${path}` };
  return {
    mode: judged(excess === 0 ? 'PASS' : 'FAIL', { file: file.path, value: modeText }, named),
    owner: judged(isRoot(file) ? 'PASS' : 'FAIL', { file: file.path, value: ownerText }, named),
  };
}

/**
 * Judges who can write the kubelet's drop-ins: the directory, its contents, the targets of links in it, and the
 * directories above, as far as they were gathered. CIS Kubernetes 2.1.0 asks the same in 4.1.11 (755 and 644,
 * root:root).
 */
export function judgeDropIns({ flags }: EffectiveConfig, tree: FileTree): Judgement {
  const directory = flags.path('config-dir');
  if (directory === undefined) return judged('N/A', 'the kubelet has no --config-dir');
  const { shown = '' } = flags.last('config-dir') ?? {};
  const found = tree.resolve(directory);
  // The gathered contents count as evidence even where the directory itself was not gathered.
  const below = tree.below('file' in found ? found.file.path : directory);
  const faults: Evidence[] = [];
  const unknown: Evidence[] = 'missing' in found ? [{ flag: shown, value: found.missing }] : [];
  const directories = ['file' in found ? [found.file] : [], below.filter(({ type }) => type === 'dir')].flat();
  for (const file of directories) faults.push(...faultsOf(file, DIRECTORY));
  // Who can replace a part of a path can replace what it leads to, by its name and by where its links lead.
  const paths = [directory, ...('file' in found ? [found.file.path] : [])];
  for (const file of below.filter(({ path, type }) => type !== 'dir' && path.endsWith('.conf'))) {
    const end = tree.resolve(file.path);
    if ('missing' in end) unknown.push({ file: file.path, value: end.missing });
    else {
      faults.push(...faultsOf(end.file, FILE));
      paths.push(end.file.path, ...end.links.map((link) => link.path));
    }
  }
  for (const above of new Set(paths.flatMap(ancestorsOf))) {
    const parent = tree.entry(above);
    if (parent === undefined || parent.type === 'symlink' || directories.includes(parent)) continue;
    const isOpen = (parent.mode & WRITE_OF_OTHERS) !== 0 && (parent.mode & STICKY) === 0;
    if (isOpen || !isRoot(parent))
      faults.push({ file: above, value: `${stateOf(parent)}: who writes here can replace it` });
  }
  if (faults.length > 0) return judged('FAIL', ...faults);
  if ('missing' in found || unknown.length > 0) return judged('MANUAL', ...unknown);
  const dropIns = countOf(directory, tree);
  return judged('PASS', { file: found.file.path, value: `${stateOf(found.file)}; ${dropIns} files that count` });
}

const countOf = (directory: string, tree: FileTree): number => dropInsOf(directory, tree).length;

function faultsOf(file: NodeFile, allowed: number): Evidence[] {
  // On a directory, the set-group-id and sticky bits give nobody the right to write.
  const bits = allowed === DIRECTORY ? file.mode & 0o777 : file.mode;
  return (bits & ~allowed) === 0 && isRoot(file) ? [] : [{ file: file.path, value: stateOf(file) }];
}

const stateOf = ({ mode, owner, group }: NodeFile): string => `mode ${octal(mode)}, owner ${owner}:${group}`;

function ancestorsOf(path: string): string[] {
  const parent = posix.dirname(posix.normalize(path).replace(/(.)\/$/, '$1'));
  return parent === '/' || parent === '.' ? [] : [parent, ...ancestorsOf(parent)];
}
