import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';

const functions = join(import.meta.dirname, '..', 'functions');

/** The names of all functions: the folders in `functions/` that have a handler. */
export const functionNames = (): string[] =>
  globSync('*/handler.ts', { cwd: functions })
    .map((handler) => basename(dirname(handler)))
    .sort();

/**
 * The AWS SDK writes the schemas of all operations of a service as objects with computed keys, `{ [_eN]: … }` after
 * `const _eN = "eventName"`. esbuild cannot know that such a key is a string, so it keeps every schema: half a megabyte
 * for EC2 alone. With the strings put in, it drops those that no command of ours uses.
 */
const literalSchemaKeys: Plugin = {
  name: 'literal-schema-keys',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]@aws-sdk[\\/].*[\\/]schemas_0\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const strings = new Map([...source.matchAll(/^const (_\w+) = (".*");$/gm)].map(([, name, text]) => [name, text]));
      return { contents: source.replace(/\[(_\w+)\]:/g, (_key, name) => `[${strings.get(name) ?? name}]:`) };
    });
  },
};

/**
 * Bundles every function for Lambda, in one go, as `<outdir>/<name>/index.js`: one CommonJS file without source map, all
 * dependencies included, so that what runs is what was tested, whatever SDK the runtime brings along.
 */
export const bundleFunctions = async (outdir: string): Promise<void> => {
  await build({
    entryPoints: functionNames().map((name) => ({ in: join(functions, name, 'handler.ts'), out: `${name}/index` })),
    outdir,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // Packages' ES modules where there are any: only those can be tree-shaken.
    mainFields: ['module', 'main'],
    // The SDK loads some modules with import(); as require() all of the bundle is plain CommonJS.
    supported: { 'dynamic-import': false },
    plugins: [literalSchemaKeys],
    logLevel: 'warning',
  });
};

/** Bundles every function into a directory that is gone again when `use` has ended. */
export const withBundles = async <Result>(use: (bundles: string) => Result): Promise<Awaited<Result>> => {
  const bundles = await mkdtemp(join(tmpdir(), 'eks-host-remediator-bundles-'));
  try {
    await bundleFunctions(bundles);
    return await use(bundles);
  } finally {
    await rm(bundles, { recursive: true });
  }
};
