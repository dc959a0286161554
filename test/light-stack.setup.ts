import type { TestProject } from 'vitest/node';
import { synthesizeLight } from '../sandbox/in-process/light-stack.ts';
import { madeOnce } from './made-once.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the template whose functions are played `inProcess`, with their light bundles beside it. */
    readonly lightTemplate: string;
  }
}

/** Synthesizes the stack once for all plays that need no wire, since others of the same file go over it. */
export default async function setup(project: TestProject) {
  const context = { sessionRights: 'on', refreshRights: 'on', drainRights: 'on' };
  const { path, remove } = await madeOnce('light', (outdir) => synthesizeLight(outdir, context));
  project.provide('lightTemplate', path);
  return remove;
}
