import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { enter, takeNone } from '../cli/entry.ts';
import { bundleFunctions, scriptTexts } from '../infra/bundle.ts';

const ROOT = join(import.meta.dirname, '..');
/**
 * The staging directory. The build changes nothing else of the clone, so a build that dies leaves the clone as it was.
 */
const STAGE = join(ROOT, '.cache', 'package');
const DIST = join(STAGE, 'dist');

const USAGE = `Usage: npm run package

Builds the library and the command, and packs them into eks-host-remediator-VERSION.tgz in the working directory.

  -h, --help   this`;

/** The declarations that the package's users see. They reference no others. */
const DECLARATIONS = ['package/index', 'infra/eks-host-remediator', 'infra/props'];

/**
 * `npm run package`: builds the package's content and packs it into the working directory.
 *
 * `dist/` has the construct and the command as JavaScript, the construct's declarations, the functions' bundles and the
 * saved queries. Node runs no TypeScript under node_modules
 * (https://nodejs.org/api/typescript.html#type-stripping-in-dependencies).
 */
async function buildPackage(): Promise<void> {
  rmSync(STAGE, { recursive: true, force: true });
  mkdirSync(STAGE, { recursive: true });
  const options = { bundle: true, platform: 'node', target: 'node24', format: 'esm', logLevel: 'warning' } as const;
  await build({
    ...options,
    entryPoints: { index: join(import.meta.dirname, 'index.ts') },
    outdir: DIST,
    // A construct must use the same aws-cdk-lib as the app that contains it.
    external: ['aws-cdk-lib', 'constructs'],
    plugins: [scriptTexts],
  });
  await build({
    ...options,
    entryPoints: { cli: join(ROOT, 'cli', 'main.ts') },
    outdir: DIST,
    // Some dependencies of the AWS SDK are CommonJS and call require.
    banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
  });
  cpSync(join(ROOT, 'infra', 'queries'), join(DIST, 'queries'), { recursive: true });
  await bundleFunctions(join(DIST, 'functions'));
  writeDeclarations();
  writeManifest();
  for (const file of ['README.md', 'LICENSE', 'cli/bin.js', 'docs/runbook.md'])
    cpSync(join(ROOT, file), join(STAGE, file));
  const pack = ['pack', '--silent', '--pack-destination', process.env.INIT_CWD ?? process.cwd()];
  // Path of npm when npm runs this script: Windows has no npm that can be executed as a file.
  const [command, ...args] =
    process.env.npm_execpath === undefined ? ['npm', ...pack] : [process.execPath, process.env.npm_execpath, ...pack];
  execFileSync(command, args, { cwd: STAGE, stdio: 'inherit' });
}

function writeDeclarations(): void {
  const types = join(DIST, 'types');
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', import.meta.dirname, '--outDir', types]);
  for (const name of DECLARATIONS) {
    // In dist/ all declarations are in one directory, each beside its JavaScript.
    const text = readFileSync(join(types, `${name}.d.ts`), 'utf8');
    const flat = text.replaceAll(/'\.{1,2}\/(?:\w+\/)?([\w-]+)\.ts'/g, "'./$1.js'");
    writeFileSync(join(DIST, `${basename(name)}.d.ts`), flat);
  }
  rmSync(types, { recursive: true });
}

/**
 * The package has its dependencies built in. Its users get neither a second AWS SDK nor the Node version of this
 * repository's scripts, which would replace theirs.
 */
function writeManifest(): void {
  const {
    dependencies: _,
    optionalDependencies: __,
    devDependencies: ___,
    scripts: ____,
    ...others
  } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  // Compiled JavaScript runs on older Node versions than the sources.
  const packed = { ...others, engines: { node: '>=22' } };
  writeFileSync(join(STAGE, 'package.json'), `${JSON.stringify(packed, null, 2)}\n`);
}

await enter(process.argv.slice(2), USAGE, async (argv) => {
  takeNone(argv, USAGE);
  await buildPackage();
});
