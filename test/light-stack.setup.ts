import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { synthesizeLight } from '../sandbox/in-process/light-stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the template whose functions are played `inProcess`, with their light bundles beside it. */
    readonly lightTemplate: string;
  }
}

/** Synthesizes the stack once for all plays that need no wire, since others of the same file go over it. */
export default async function setup(project: TestProject) {
  const outdir = mkdtempSync(join(tmpdir(), 'eks-host-remediator-light-'));
  project.provide(
    'lightTemplate',
    await synthesizeLight(outdir, { sessionRights: 'on', refreshRights: 'on', drainRights: 'on' }),
  );
  return () => rmSync(outdir, { recursive: true });
}
