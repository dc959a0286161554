import { posix } from 'node:path';
import { clean } from './clean-path.ts';
import type { NodeFile } from './node.ts';

/** The maximum of symbolic links that Linux follows for one path (path_resolution(7)). */
const MAX_LINKS = 40;

/** What a path resolves to: a file or directory, or the reason why that is not known. */
export type Resolved =
  | { readonly file: NodeFile; readonly links: readonly NodeFile[] }
  | { readonly missing: string; readonly links: readonly NodeFile[] };

/** The gathered files of a node. Resolves symbolic links among them. */
export class FileTree {
  readonly #files: ReadonlyMap<string, NodeFile>;

  constructor(files: readonly NodeFile[]) {
    this.#files = new Map(files.map((file) => [clean(file.path), file]));
  }

  /**
   * The entry itself, as lstat(2) sees it: a link is returned as a link. Links in the directories before it are
   * followed.
   */
  entry(path: string): NodeFile | undefined {
    const exact = this.#files.get(clean(path));
    if (exact !== undefined) return exact;
    const parent = this.#walk(posix.dirname(clean(path)), []);
    return this.#files.get(posix.join(parent.path, posix.basename(clean(path))));
  }

  /** The file or directory that the path leads to, as stat(2) sees it. */
  resolve(path: string): Resolved {
    const links: NodeFile[] = [];
    const exact = this.#files.get(clean(path));
    if (exact !== undefined && exact.type !== 'symlink') return { file: exact, links };
    const { path: end, loops } = this.#walk(clean(path), links);
    if (loops) return { missing: `${path}: its links lead in a circle`, links };
    const file = this.#files.get(end);
    if (file !== undefined) return { file, links };
    const via = links.length === 0 ? '' : ` (the link leads to ${end})`;
    return { missing: `${path}: not there, or not gathered${via}`, links };
  }

  /**
   * All gathered entries below a directory, in the order of Go's filepath.WalkDir: sorted by byte at each level, with
   * the contents of a subdirectory in its place. As there, the contents of a linked directory are left out.
   */
  below(directory: string): NodeFile[] {
    const prefix = clean(directory) === '/' ? '/' : `${clean(directory)}/`;
    const isBehindLink = (path: string): boolean => {
      const parent = posix.dirname(path);
      return parent.startsWith(prefix) && (this.#files.get(parent)?.type === 'symlink' || isBehindLink(parent));
    };
    return [...this.#files]
      .filter(([path]) => path.startsWith(prefix) && path !== prefix && !isBehindLink(path))
      .map(([path, file]) => ({ file, parts: path.slice(prefix.length).split('/') }))
      .sort((a, b) => compareParts(a.parts, b.parts))
      .map(({ file }) => file);
  }

  /** Follows links in every part of a path, and adds each followed link to `links`. */
  #walk(path: string, links: NodeFile[]): { path: string; loops: boolean } {
    let at = '/';
    let ahead = path.split('/').filter((part) => part !== '');
    for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
      if (part === '.') continue;
      at = part === '..' ? posix.dirname(at) : posix.join(at, part);
      const link = this.#files.get(at);
      if (link?.type !== 'symlink' || link.target === undefined) continue;
      links.push(link);
      if (links.length > MAX_LINKS) return { path: at, loops: true };
      ahead = [...link.target.split('/').filter((name) => name !== ''), ...ahead];
      at = link.target.startsWith('/') ? '/' : posix.dirname(at);
    }
    return { path: at, loops: false };
  }
}

function compareParts(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((part, index) => part !== b[index]);
  if (at === -1) return a.length - b.length;
  return Buffer.compare(Buffer.from(a[at] ?? ''), Buffer.from(b[at] ?? ''));
}
