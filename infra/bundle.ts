import { globSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, parse } from 'node:path';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { SDK_PLUGINS } from './sdk-plugins.ts';

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

const kubernetesClient = join(functions, 'shared', 'kubernetes', 'client.ts');
const KUBERNETES_CLIENT_FILE = './kubernetes-client.js';

/**
 * Keeps Kubernetes' client in a file of its own where it is imported dynamically, because it is larger than all other
 * code of a function.
 */
const kubernetesClientApart: Plugin = {
  name: 'kubernetes-client-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/client\.ts$/ }, ({ path, resolveDir, kind }) =>
      kind === 'dynamic-import' && join(resolveDir, path) === kubernetesClient
        ? { path: KUBERNETES_CLIENT_FILE, external: true }
        : undefined,
    );
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
 * dependencies, so that Lambda runs what was tested, whatever SDK the runtime has. Functions that call Kubernetes get
 * its client beside it, as `kubernetes-client.js`, and load it when they first need it.
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
  const plugins = [...SDK_PLUGINS, scriptTexts, kubernetesClientApart];
  const { metafile } = await build({ ...OPTIONS, entryPoints: handlers, outdir, plugins });
  const clients = Object.entries(metafile.outputs)
    .filter(([, { imports }]) => imports.some(({ path }) => path === KUBERNETES_CLIENT_FILE))
    .map(([output]) => ({
      in: kubernetesClient,
      out: join(basename(dirname(output)), parse(KUBERNETES_CLIENT_FILE).name),
    }));
  await build({ ...OPTIONS, entryPoints: clients, outdir, plugins: [kubernetesClientShaken] });
};

/**
 * The inputs of the bundle of each of these functions: the paths of its sources from the root of the repository.
 * @param outdir the directory of the bundles
 */
export const inputsOf = async (names: readonly string[], outdir: string): Promise<(name: string) => string[]> => {
  const root = join(functions, '..');
  const entryPoints = names.map((name) => ({ in: join(functions, name, 'handler.ts'), out: `${name}/index` }));
  const plugins = [...SDK_PLUGINS, scriptTexts, kubernetesClientApart];
  const { metafile } = await build({ ...OPTIONS, absWorkingDir: root, entryPoints, outdir, plugins });
  return (name) =>
    Object.entries(metafile.outputs)
      .filter(([, { entryPoint }]) => entryPoint === `functions/${name}/handler.ts`)
      .flatMap(([, { inputs }]) => Object.keys(inputs));
};

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
