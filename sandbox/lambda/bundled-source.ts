import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

/**
 * Bundles a function's source for tests, including the SDK, like the stack bundles its functions. Returns the bundle's
 * path.
 */
export async function bundledSource(source: string): Promise<string> {
  const outfile = join(mkdtempSync(join(tmpdir(), 'bundle-')), 'index.js');
  await build({
    stdin: { contents: source, resolveDir: import.meta.dirname, loader: 'ts' },
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    outfile,
    logLevel: 'error',
  });
  return outfile;
}
