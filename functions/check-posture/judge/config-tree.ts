import { isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments, visit, type Node as YamlNode } from 'yaml';

/** A value in a configuration, with its location. */
export interface Leaf {
  readonly kind: 'leaf';
  /** A scalar or a list, as in JSON. `null` means no value. */
  readonly value: unknown;
  readonly file: string;
  readonly line: number;
  /** The key of the object in whose place the value stands. The kubelet does not start with such a file. */
  readonly insteadOf?: string;
}

/** An object in a configuration. */
export interface Branch {
  readonly kind: 'branch';
  readonly members: ReadonlyMap<string, Tree>;
}

export type Tree = Leaf | Branch;

export const EMPTY: Branch = { kind: 'branch', members: new Map() };

/** The kubelet does not start with such a file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * How many aliases a file may have, and how many times they may be followed. A few lines of aliases to aliases stand for
 * billions of values, and the file is from a host, which may be anybody's by now. The kubelet refuses such a file, too
 * (gopkg.in/yaml.v2, decode.go: "document contains excessive aliasing").
 */
const MOST_ALIASES = 100;

/** Text that the kubelet takes for JSON. A byte order mark is no space in Go, so a text with one is YAML. */
const JSON_TEXT = /^[^\S\uFEFF]*\{/;

/**
 * Parses a configuration file like the kubelet, whatever its name: as JSON where it begins with a brace, otherwise as
 * the first document of YAML 1.1 (apimachinery, runtime/serializer/json, and sigs.k8s.io/yaml). Decoding is lenient, so
 * a key may be repeated (pkg/kubelet/kubeletconfig/util/codec). The last one counts, except for an object in JSON that
 * Go decodes into a struct: encoding/json fills the same struct again and keeps what the later object leaves out.
 *
 * @param into what the kubelet decodes the file into: `--config` into a struct, a drop-in into a map
 * @throws ConfigError for a file with which the kubelet does not start
 */
export function readConfig(file: string, text: string, into: 'struct' | 'map'): Branch {
  const isJson = JSON_TEXT.test(text);
  if (isJson) {
    try {
      JSON.parse(text);
    } catch (error) {
      throw new ConfigError(`${file} is no JSON: ${messageOf(error)}`);
    }
  }
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { version: '1.1', merge: true, uniqueKeys: false, lineCounter: lines });
  const document = Array.isArray(parsed) ? parsed[0] : undefined;
  const fault = document?.errors[0];
  if (fault !== undefined) throw new ConfigError(`${file} is no YAML: ${fault.message.split('\n')[0]}`);
  const contents = document?.contents;
  if (document === undefined || !isMap(contents)) throw new ConfigError(`${file} has no object in it`);
  let followed = 0;
  const count = (): void => {
    followed += 1;
    if (followed > MOST_ALIASES) throw new ConfigError(`${file} has more than ${MOST_ALIASES} aliases`);
  };
  visit(document, { Alias: count });
  followed = 0;
  const lineOf = (node: YamlNode | null): number => lines.linePos(node?.range?.[0] ?? 0).line;
  const treeOf = (node: YamlNode | null, depth: number): Tree => {
    if (depth > 100) throw new ConfigError(`${file} is nested too deeply`);
    if (isAlias(node)) count();
    const actual = isAlias(node) ? (node.resolve(document) ?? null) : node;
    if (!isMap(actual)) return { kind: 'leaf', value: plain(actual), file, line: lineOf(node) };
    const members = new Map<string, Tree>();
    for (const { key, value } of actual.items) {
      if (!(isScalar(key) && typeof key.value === 'symbol')) {
        const name = isScalar(key) ? String(key.value) : String(key);
        const tree = treeOf(value as YamlNode | null, depth + 1);
        members.set(name, isJson && into === 'struct' ? decodedAgain(members.get(name), tree) : tree);
        continue;
      }
      // yaml.v2 merges where `<<` stands, over the keys before it, and of several maps the first one counts
      // (gopkg.in/yaml.v2, decode.go, mapping and merge).
      for (const source of isSeq(value) ? value.items.toReversed() : [value]) {
        const tree = treeOf(source as YamlNode | null, depth + 1);
        if (tree.kind === 'leaf') throw new ConfigError(`${file} is no YAML: << merges something else than a map`);
        for (const [own, at] of tree.members) members.set(own, at);
      }
    }
    return { kind: 'branch', members };
  };
  const plain = (node: YamlNode | null): unknown => {
    try {
      return node === null ? null : (node.toJS(document, { maxAliasCount: 100 }) ?? null);
    } catch (error) {
      throw new ConfigError(`${file} is no YAML: ${messageOf(error)}`);
    }
  };
  const tree = treeOf(contents, 0);
  if (tree.kind !== 'branch') throw new ConfigError(`${file} has no object in it`);
  return tree;
}

/** A struct's member after its key comes again. Null leaves a struct as it is. */
function decodedAgain(before: Tree | undefined, again: Tree): Tree {
  if (before?.kind !== 'branch') return again;
  return again.kind === 'leaf' && again.value === null ? before : mergePatch(before, again);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Applies a JSON merge patch (RFC 7386): objects key by key, everything else is replaced, null deletes. The kubelet
 * applies each drop-in this way (cmd/kubelet/app/server.go, mergeKubeletConfigurations).
 */
export function mergePatch(target: Tree | undefined, patch: Tree): Tree {
  if (patch.kind === 'leaf') return patch;
  const members = new Map(target?.kind === 'branch' ? target.members : []);
  for (const [key, value] of patch.members) {
    if (value.kind === 'leaf' && value.value === null) members.delete(key);
    else members.set(key, mergePatch(members.get(key), value));
  }
  return { kind: 'branch', members };
}

/** The value at a path of keys. Null counts as missing. A leaf on the way names the object in whose place it stands. */
export function find(tree: Tree, keys: readonly string[]): Tree | undefined {
  let at: Tree | undefined = tree;
  for (const [index, key] of keys.entries()) {
    if (at?.kind === 'leaf' && at.value !== null) return { ...at, insteadOf: keys.slice(0, index).join('.') };
    at = at?.kind === 'branch' ? at.members.get(key) : undefined;
  }
  return at?.kind === 'leaf' && at.value === null ? undefined : at;
}
