import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';
import { bundleFunctions, scriptTexts } from '../infra/bundle.ts';

const ROOT = join(import.meta.dirname, '..');
const DIST = join(ROOT, 'dist');

/** The declarations that the package's users see; no other one is named by them. */
const DECLARATIONS = ['package/index', 'infra/eks-host-remediator', 'infra/props'];

/**
 * Builds what the package carries, into `dist/`: the construct and the command as JavaScript, the construct's
 * declarations, the functions' bundles and the saved queries. Node runs no TypeScript under node_modules
 * (https://nodejs.org/api/typescript.html#type-stripping-in-dependencies).
 */
async function buildPackage(): Promise<void> {
  rmSync(DIST, { recursive: true, force: true });
  const options = { bundle: true, platform: 'node', target: 'node24', format: 'esm', logLevel: 'warning' } as const;
  await build({
    ...options,
    entryPoints: { index: join(import.meta.dirname, 'index.ts') },
    outdir: DIST,
    // A construct must be of the same aws-cdk-lib as the app that it stands in.
    external: ['aws-cdk-lib', 'constructs'],
    plugins: [scriptTexts],
  });
  await build({
    ...options,
    entryPoints: { cli: join(ROOT, 'cli', 'main.ts') },
    outdir: DIST,
    // Some of what the AWS SDK stands on is CommonJS and calls require.
    banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
  });
  cpSync(join(ROOT, 'infra', 'queries'), join(DIST, 'queries'), { recursive: true });
  await bundleFunctions(join(DIST, 'functions'));
  writeDeclarations();
  leaveOutDependencies();
}

function writeDeclarations(): void {
  const types = join(DIST, 'types');
  execFileSync(process.execPath, [join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', import.meta.dirname]);
  for (const name of DECLARATIONS) {
    // All of them lie side by side in dist/, where each is JavaScript's.
    const text = readFileSync(join(types, `${name}.d.ts`), 'utf8');
    const flat = text.replaceAll(/'\.{1,2}\/(?:\w+\/)?([\w-]+)\.ts'/g, "'./$1.js'");
    writeFileSync(join(DIST, `${basename(name)}.d.ts`), flat);
  }
  rmSync(types, { recursive: true });
}

/**
 * What the package needs is built into it. Its users get no second AWS SDK, and not the Node of this repository's own
 * scripts, which would take the place of theirs. `restore.ts` puts the file back when the package is packed.
 */
function leaveOutDependencies(): void {
  const manifest = join(ROOT, 'package.json');
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  copyFileSync(manifest, join(ROOT, '.cache', 'package.json'));
  const { dependencies: _, optionalDependencies: __, ...others } = JSON.parse(readFileSync(manifest, 'utf8'));
  // Compiled JavaScript asks for less than the sources do.
  const packed = { ...others, engines: { node: '>=22' } };
  writeFileSync(manifest, `${JSON.stringify(packed, null, 2)}\n`);
}

await buildPackage();
