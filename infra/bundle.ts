import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, parse } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { SDK_PLUGINS } from './sdk-plugins.ts';
import { withoutJsonSchemas } from './zod-plugin.ts';

const functions = join(import.meta.dirname, '..', 'functions');

/** The names of all functions: the folders in `functions/` that have a handler. */
export const functionNames = (): string[] =>
  globSync('*/handler.ts', { cwd: functions })
    .map((handler) => basename(dirname(handler)))
    .sort();

/** Scripts by the modules that read them, with the names of the exports. */
const SCRIPTS = {
  install: { file: 'install-ssm-agent.sh', name: 'INSTALL_SCRIPT' },
  gather: { file: 'gather.sh', name: 'GATHER_SCRIPT' },
  shells: { file: 'close-shells.sh', name: 'SHELLS_SCRIPT' },
} as const;

/**
 * The scripts that run on hosts are files, so that they can be checked and run on their own. Bundling replaces the
 * modules that read them by their texts, because a bundle has no files beside it.
 */
export const scriptTexts: Plugin = {
  name: 'script-texts',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/](install|gather|shells)[\\/]script\.ts$/ }, async ({ path }) => {
      const [, { file, name }] = Object.entries(SCRIPTS).find(([room]) => room === basename(dirname(path))) ?? [
        '',
        SCRIPTS.gather,
      ];
      const script = await readFile(join(dirname(path), file), 'utf8');
      return { contents: `export const ${name} = ${JSON.stringify(script)};` };
    });
  },
};

const shared = join(functions, 'shared');

/**
 * Modules that lie in files of their own beside a bundle, with the names of these files: first events mostly do without
 * them, and Node would parse them at each cold start.
 */
const BESIDE = new Map([
  [join(shared, 'kubernetes', 'client.ts'), './kubernetes-client.js'],
  [join(shared, 'policy', 'cron.ts'), './cron.js'],
  [join(shared, 'runtime', 'logger.ts'), './logger.js'],
]);

/**
 * Loads a module beside the bundle where it is imported dynamically. The parser of cron expressions is imported
 * statically, because whoever needs it does not wait, and is loaded with the first expression.
 */
const besideBundles: Plugin = {
  name: 'beside-bundles',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.{1,2}\/.*\.(ts|js)$/ }, ({ path, resolveDir, kind, namespace }) => {
      if (namespace === 'beside') return { path, external: true };
      const file = BESIDE.get(join(resolveDir, path));
      if (file === undefined || kind === 'entry-point') return undefined;
      return kind === 'dynamic-import' ? { path: file, external: true } : { path: file, namespace: 'beside' };
    });
    onLoad({ filter: /cron/, namespace: 'beside' }, ({ path }) => ({
      contents: `export const Cron = function (...given) { return new (require('${path}').Cron)(...given); };`,
    }));
  },
};

/**
 * Marks the modules of Kubernetes' client as free of side effects, which its package does not say, so that unused ones
 * are dropped.
 */
const kubernetesClientShaken: Plugin = {
  name: 'kubernetes-client-shaken',
  setup({ onResolve, resolve }) {
    onResolve({ filter: /./ }, async ({ path, importer, resolveDir, kind, pluginData }) => {
      const concerned = path === '@kubernetes/client-node' || importer.includes(join('@kubernetes', 'client-node'));
      if (!concerned || pluginData === kubernetesClientShaken) return undefined;
      if (path.startsWith('.')) return { path: join(resolveDir, path), sideEffects: false };
      const found = await resolve(path, { importer, resolveDir, kind, pluginData: kubernetesClientShaken });
      return { ...found, sideEffects: false };
    });
  },
};

/**
 * Bundles every function for Lambda as `<outdir>/<name>/index.js`: one CommonJS file without source map, with all
 * dependencies, so that Lambda runs what was tested, whatever SDK the runtime has. What a function loads when it first
 * needs it lies beside it.
 */
export const bundleFunctions = (outdir: string): Promise<void> =>
  bundleHandlers(
    functionNames().map((name) => ({ name, path: join(functions, name, 'handler.ts') })),
    outdir,
  );

/** Bundles handlers from any place in the same way. */
export const bundleHandlers = async (
  named: ReadonlyArray<{ readonly name: string; readonly path: string }>,
  outdir: string,
): Promise<void> => {
  const handlers = named.map(({ name, path }) => ({ in: path, out: `${name}/index` }));
  const supported = { ...OPTIONS.supported, ...NO_ARROWS };
  const { metafile } = await build({ ...OPTIONS, supported, entryPoints: handlers, outdir, plugins: PLUGINS });
  const beside = Object.entries(metafile.outputs).flatMap(([output, { imports }]) =>
    [...BESIDE]
      .filter(([, file]) => imports.some(({ path }) => path === file))
      .map(([module, file]) => ({ in: module, out: join(basename(dirname(output)), parse(file).name) })),
  );
  await build({ ...OPTIONS, entryPoints: beside, outdir, plugins: [kubernetesClientShaken] });
};

/**
 * The inputs of the bundle of each of these functions: the paths of its sources from the root of the repository.
 * @param outdir the directory of the bundles
 */
export const inputsOf = async (names: readonly string[], outdir: string): Promise<(name: string) => string[]> => {
  const root = join(functions, '..');
  const entryPoints = names.map((name) => ({ in: join(functions, name, 'handler.ts'), out: `${name}/index` }));
  const { metafile } = await build({ ...OPTIONS, absWorkingDir: root, entryPoints, outdir, plugins: PLUGINS });
  return (name) =>
    Object.entries(metafile.outputs)
      .filter(([, { entryPoint }]) => entryPoint === `functions/${name}/handler.ts`)
      .flatMap(([, { inputs }]) => Object.keys(inputs));
};

const PLUGINS = [...SDK_PLUGINS, withoutJsonSchemas, scriptTexts, besideBundles];

const OPTIONS = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  // ES modules of packages are preferred, because only they can be tree-shaken.
  mainFields: ['module', 'main'],
  // The SDK loads some modules with import(). As require(), the whole bundle is plain CommonJS.
  supported: { 'dynamic-import': false },
  metafile: true,
  logLevel: 'warning',
} satisfies BuildOptions;

/**
 * V8 parses each arrow function in full when a file is loaded, and skips the bodies of other functions until they are
 * called (ParseArrowFunctionLiteral in src/parsing/parser-base.h). Without arrow functions, a handler loads 5 to 12 ms of
 * CPU sooner. Its first event takes no more CPU, import included, as 99 pairs of `quarantine-workers` showed. Kubernetes'
 * client would only be larger.
 */
const NO_ARROWS = { arrow: false } as const;

/** Bundles every function into a directory that is deleted when `use` has ended. */
export const withBundles = async <Result>(use: (bundles: string) => Result): Promise<Awaited<Result>> => {
  const bundles = await mkdtemp(join(tmpdir(), 'eks-host-remediator-bundles-'));
  try {
    await bundleFunctions(bundles);
    return await use(bundles);
  } finally {
    await rm(bundles, { recursive: true });
  }
};
