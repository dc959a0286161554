import type { TestProject } from 'vitest/node';
import { synthesize } from '../infra/synthesize.ts';
import { madeOnce } from './made-once.ts';

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
  const context = { sessionRights: 'on', refreshRights: 'on', drainRights: 'on' };
  const { path, remove } = await madeOnce('whole', (outdir) => synthesize({ outdir, context }));
  project.provide('template', path);
  return remove;
}
