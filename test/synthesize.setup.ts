import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { synthesize } from '../infra/synthesize.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the synthesized template, with its bundles beside it. */
    readonly template: string;
  }
}

/**
 * Synthesizes the stack once for all test files that use it, with every right that a setting adds, so that plays prove
 * each.
 */
export default async function setup(project: TestProject) {
  process.env.CDK_VALIDATION = 'false';
  const outdir = mkdtempSync(join(tmpdir(), 'eks-host-remediator-test-'));
  project.provide(
    'template',
    await synthesize({ outdir, context: { sessionRights: 'on', refreshRights: 'on', drainRights: 'on' } }),
  );
  return () => rmSync(outdir, { recursive: true });
}
