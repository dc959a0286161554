import type { Evidence } from '../../shared/posture/verdict.ts';
import { type Branch, ConfigError, EMPTY, find, type Leaf, mergePatch, readConfig, type Tree } from './config-tree.ts';
import type { FileTree } from './file-tree.ts';
import { KubeletFlags, parseBool, parseDuration, parseInt32 } from './kubelet-flags.ts';
import type { Node, NodeFile } from './node.ts';

/** The value of a setting in the kubelet's effective configuration. */
export type Setting<T> =
  | {
      readonly kind: 'set';
      readonly value: T;
      readonly by: 'flag' | 'file' | 'drop-in' | 'default';
      readonly evidence: Evidence[];
    }
  /** Neither a flag nor a file sets it. */
  | { readonly kind: 'unset'; readonly evidence: Evidence[] }
  /** The value is not known; the evidence says why. */
  | { readonly kind: 'unknown'; readonly evidence: Evidence[] };

/** How a setting is written as a flag and in a configuration file. */
export interface SettingKey<T> {
  readonly flag?: string;
  readonly path: readonly string[];
  /**
   * Parses the text of a flag.
   * @returns undefined for a value that the kubelet rejects
   */
  readonly ofFlag: (text: string) => T | undefined;
  /**
   * Parses the value in a file.
   * @returns undefined for a value that the kubelet rejects
   */
  readonly ofFile: (value: unknown) => T | undefined;
  /** The expected kind of value, in words. */
  readonly kind: string;
}

export const bool = (flag: string | undefined, ...path: string[]): SettingKey<boolean> => ({
  ...(flag === undefined ? {} : { flag }),
  path,
  ofFlag: parseBool,
  ofFile: (value) => (typeof value === 'boolean' ? value : undefined),
  kind: 'true or false without quotes',
});

export const int32 = (flag: string, ...path: string[]): SettingKey<number> => ({
  flag,
  path,
  ofFlag: parseInt32,
  ofFile: (value) => (Number.isInteger(value) && Math.abs(Number(value)) < 2 ** 31 ? Number(value) : undefined),
  kind: 'a whole number of 32 bits without quotes',
});

export const text = (flag: string, ...path: string[]): SettingKey<string> => ({
  flag,
  path,
  ofFlag: (value) => value,
  ofFile: (value) => (typeof value === 'string' ? value : undefined),
  kind: 'text',
});

/**
 * A duration, in ns. In a file it must be a string; the kubelet does not parse a number there (apimachinery,
 * metav1.Duration).
 */
export const duration = (flag: string, ...path: string[]): SettingKey<number> => ({
  flag,
  path,
  ofFlag: parseDuration,
  ofFile: (value) => (typeof value === 'string' ? parseDuration(value) : undefined),
  kind: 'a duration with a unit in quotes, such as "4h"',
});

/** The defaults of the flags, which apply where no --config is given (options.go, applyLegacyDefaults). */
const LEGACY = `
authentication: { anonymous: { enabled: true }, webhook: { enabled: false } }
authorization: { mode: AlwaysAllow }
readOnlyPort: 10255
`;

const KIND = 'KubeletConfiguration';
const API_VERSION = 'kubelet.config.k8s.io/v1beta1';

/**
 * The kubelet's effective configuration: the file, drop-ins over it, and flags over both (cmd/kubelet/app/server.go).
 * Defaults are left to the caller, because some checks depend on whether a value is set at all.
 */
export class EffectiveConfig {
  readonly flags: KubeletFlags;
  /** The drop-ins that the kubelet reads, in the order in which it merges them. */
  readonly dropIns: readonly NodeFile[];
  readonly #merged: Branch;
  readonly #fault: string | undefined;
  readonly #isDropIn: (file: string) => boolean;
  readonly #started: number | undefined;
  readonly #tree: FileTree;

  private constructor(node: Node, flags: KubeletFlags, tree: FileTree, loaded: Loaded) {
    this.flags = flags;
    this.#tree = tree;
    this.#merged = loaded.merged;
    this.#fault = loaded.fault;
    this.dropIns = loaded.dropIns;
    this.#started = node.kubeletStarted;
    const paths = new Set(loaded.dropIns.map(({ path }) => path));
    this.#isDropIn = (file) => paths.has(file);
  }

  /** @returns undefined where no kubelet was found on the node */
  static of(node: Node, tree: FileTree): EffectiveConfig | undefined {
    if (node.kubeletFlags === null) return undefined;
    const flags = new KubeletFlags(node.kubeletFlags);
    return new EffectiveConfig(node, flags, tree, load(flags, tree));
  }

  /** Whether --config names a configuration file. Without one, the legacy defaults of the flags apply. */
  get hasFile(): boolean {
    return this.flags.path('config') !== undefined;
  }

  setting<T>(key: SettingKey<T>): Setting<T> {
    const byFlag = key.flag === undefined ? undefined : this.#byFlag(key, key.flag);
    if (byFlag !== undefined) return byFlag;
    if (this.#fault !== undefined) return { kind: 'unknown', evidence: [{ value: this.#fault }] };
    const at = find(this.#merged, key.path);
    if (at === undefined) return { kind: 'unset', evidence: [] };
    const leaf = firstLeaf(at);
    if (leaf?.insteadOf !== undefined) {
      const shown = `${leaf.insteadOf} is ${JSON.stringify(leaf.value)}: the kubelet wants an object`;
      return { kind: 'unknown', evidence: [{ ...placeOf(leaf), value: shown }] };
    }
    const name = key.path.join('.');
    const value = at.kind === 'leaf' ? key.ofFile(at.value) : undefined;
    const shown = at.kind === 'leaf' ? JSON.stringify(at.value) : 'an object';
    if (value === undefined)
      return {
        kind: 'unknown',
        evidence: [{ ...placeOf(leaf), value: `${name} is ${shown}: the kubelet wants ${key.kind}` }],
      };
    if (leaf?.file === LEGACY_PLACE)
      return {
        kind: 'set',
        value,
        by: 'default',
        evidence: [{ value: `${name} is ${shown}: the default without --config` }],
      };
    const by = leaf !== undefined && this.#isDropIn(leaf.file) ? 'drop-in' : 'file';
    return {
      kind: 'set',
      value,
      by,
      evidence: [{ ...placeOf(leaf), value: `${name} is ${shown}${this.#sinceStart(leaf)}` }],
    };
  }

  #byFlag<T>(key: SettingKey<T>, name: string): Setting<T> | undefined {
    const given = this.flags.last(name);
    if (given === undefined) return undefined;
    const value = given.text === undefined ? undefined : key.ofFlag(given.text);
    if (value === undefined)
      return { kind: 'unknown', evidence: [{ flag: given.shown, value: `the kubelet wants ${key.kind}` }] };
    const evidence = [{ flag: given.shown, value: `${key.path.join('.')} is ${String(value)}: flags win over files` }];
    return { kind: 'set', value, by: 'flag', evidence };
  }

  /**
   * A feature gate. The kubelet merges the gates of flags and of files, and flags win; repeated flags are merged, too
   * (component-base, MapStringBool). AllAlpha and AllBeta apply to gates that are not named.
   */
  gate(name: string): Setting<boolean> {
    for (const { text: pairs = '', shown } of this.flags.all('feature-gates').toReversed()) {
      for (const pair of pairs.split(',').toReversed()) {
        const at = pair.indexOf('=');
        if (pair.slice(0, Math.max(at, 0)).trim() !== name) continue;
        const value = parseBool(pair.slice(at + 1).trim());
        const evidence = [{ flag: shown, value: `${name} is ${pair.slice(at + 1)}: flags win over files` }];
        return value === undefined ? { kind: 'unknown', evidence } : { kind: 'set', value, by: 'flag', evidence };
      }
    }
    return this.setting(bool(undefined, 'featureGates', name));
  }

  /** A note for a value whose file is newer than the kubelet process, which may still run with the old value. */
  #sinceStart(leaf: Leaf | undefined): string {
    if (leaf === undefined || this.#started === undefined) return '';
    const found = this.#tree.resolve(leaf.file);
    const modified = 'file' in found ? found.file.modified : undefined;
    if (modified === undefined || modified <= this.#started) return '';
    return ' (changed since the kubelet started, which may still have another value)';
  }
}

interface Loaded {
  readonly merged: Branch;
  readonly dropIns: readonly NodeFile[];
  /** Why the kubelet would not start, or why its configuration is not known. */
  readonly fault?: string;
}

const LEGACY_PLACE = '(defaults)';

function load(flags: KubeletFlags, tree: FileTree): Loaded {
  const dropIns: NodeFile[] = [];
  try {
    const path = flags.path('config');
    let merged: Tree = path === undefined ? readConfig(LEGACY_PLACE, LEGACY, 'struct') : loadFile(path, tree, 'struct');
    const directory = flags.path('config-dir');
    if (directory !== undefined) {
      dropIns.push(...dropInsOf(directory, tree));
      for (const { path: name } of dropIns) merged = mergePatch(merged, loadFile(name, tree, 'map'));
      // The kubelet then applies the defaults of files again: a key that a drop-in deletes gets these, not the legacy
      // defaults of the flags.
    }
    return { merged: merged.kind === 'branch' ? merged : EMPTY, dropIns };
  } catch (error) {
    if (error instanceof ConfigError) return { merged: EMPTY, dropIns, fault: error.message };
    throw error;
  }
}

/** @throws ConfigError where the kubelet would not start with the file, or where the file was not gathered */
function loadFile(path: string, tree: FileTree, into: 'struct' | 'map'): Branch {
  const found = tree.resolve(path);
  const content = 'file' in found ? found.file.content : undefined;
  const ofLink = found.links.find((link) => link.content !== undefined)?.content;
  const whole = content ?? ofLink ?? tree.entry(path)?.content;
  if (whole === undefined)
    throw new ConfigError('file' in found ? `${path}: its content was not gathered` : `${found.missing}`);
  const config = readConfig(path, whole, into);
  for (const [key, wanted] of [
    ['kind', KIND],
    ['apiVersion', API_VERSION],
  ] as const) {
    const leaf = find(config, [key]);
    if (leaf?.kind !== 'leaf' || leaf.value !== wanted)
      throw new ConfigError(`${path} has no ${key}: ${wanted}, without which the kubelet does not start`);
  }
  return config;
}

/**
 * The drop-ins that the kubelet reads: names ending in .conf in the directory and below, sorted by byte at each level.
 * It reads a linked file but does not enter a linked directory. This holds for the root, too, unless the flag ends in a
 * slash (Go's filepath.WalkDir calls lstat).
 *
 * @throws ConfigError where the directory was not gathered
 */
export function dropInsOf(directory: string, tree: FileTree): NodeFile[] {
  const root = tree.entry(directory);
  if (root?.type === 'symlink' && !directory.endsWith('/')) return [];
  const found = tree.resolve(directory);
  const below = tree.below('file' in found ? found.file.path : directory);
  if ('missing' in found && below.length === 0) throw new ConfigError(found.missing);
  return below.filter(({ path, type }) => type !== 'dir' && path.endsWith('.conf'));
}

function firstLeaf(tree: Tree): Leaf | undefined {
  if (tree.kind === 'leaf') return tree;
  for (const member of tree.members.values()) {
    const leaf = firstLeaf(member);
    if (leaf !== undefined) return leaf;
  }
  return undefined;
}

const placeOf = (leaf: Leaf | undefined) => (leaf === undefined ? {} : { file: leaf.file, line: leaf.line });
