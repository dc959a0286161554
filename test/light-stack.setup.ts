import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { synthesizeFrom } from '../infra/synthesize.ts';
import { lightBundles } from '../sandbox/in-process/light-bundles.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the template whose functions are played `inProcess`, with their light bundles beside it. */
    readonly lightTemplate: string;
  }
}

/** Synthesizes the stack once for all plays that need no wire, since others of the same file go over it. */
export default async function setup(project: TestProject) {
  const outdir = mkdtempSync(join(tmpdir(), 'eks-host-remediator-light-'));
  const bundles = join(outdir, 'bundles');
  await lightBundles(bundles);
  project.provide(
    'lightTemplate',
    synthesizeFrom(bundles, { outdir: join(outdir, 'cdk.out'), context: { sessionRights: 'on' } }),
  );
  return () => rmSync(outdir, { recursive: true });
}
