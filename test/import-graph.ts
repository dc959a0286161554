import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** The imports of each file, by the files' paths in the repository. Type imports count; imports of packages do not. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** @param folders of the repository, such as `functions` */
export function readImports(...folders: readonly string[]): ImportGraph {
  const files = folders.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: ROOT })).map(normalize);
  return new Map(files.map((file) => [file, importsIn(file, readFileSync(join(ROOT, file), 'utf8'))]));
}

/** `from './x.ts'`, `import './x.ts'` and `import('./x.ts')`: Biome writes them all with single quotes. */
const STATEMENT = /\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g;

/**
 * The files that a source text imports.
 * @param file that contains the text
 */
export function importsIn(file: string, text: string): string[] {
  const relative = [...text.matchAll(STATEMENT)].map(([, name = '']) => name);
  return [...new Set(relative.map((name) => normalize(join(dirname(file), name))))];
}

/** Everything that a file imports, directly or indirectly; the file itself is left out unless it is in a circle. */
export function reachedFrom(file: string, graph: ImportGraph): Set<string> {
  const reached = new Set<string>();
  const open = [file];
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const imported of graph.get(next) ?? []) {
      if (reached.has(imported)) continue;
      reached.add(imported);
      open.push(imported);
    }
  return reached;
}

/** The circles: each is a set of files that all reach each other, sorted by name. */
export function circlesIn(graph: ImportGraph): string[][] {
  const reach = new Map([...graph.keys()].map((file) => [file, reachedFrom(file, graph)]));
  const inCircles = [...graph.keys()].filter((file) => reach.get(file)?.has(file)).sort();
  const circles = Map.groupBy(inCircles, (file) =>
    inCircles.filter((other) => reach.get(file)?.has(other) && reach.get(other)?.has(file)).join(' '),
  );
  return [...circles.values()];
}
