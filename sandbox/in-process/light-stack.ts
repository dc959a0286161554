import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesizeFrom } from '../../infra/synthesize.ts';
import { lightBundles } from './light-bundles.ts';

/**
 * Synthesizes the stack from light bundles into a directory.
 * @param context like `-c key=value`
 * @returns the path of the template
 */
export async function synthesizeLight(
  directory: string,
  context: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const bundles = join(directory, 'bundles');
  await lightBundles(bundles);
  return synthesizeFrom(bundles, { outdir: join(directory, 'cdk.out'), context });
}

/**
 * Synthesizes the stack from light bundles, for accounts that are opened `inProcess`.
 * @param use gets the path of the template, and a directory for further files, which is deleted afterwards
 */
export async function withLightStack<Result>(
  use: (template: string, directory: string) => Promise<Result>,
): Promise<Result> {
  process.env.CDK_VALIDATION ??= 'false';
  const directory = mkdtempSync(join(tmpdir(), 'eks-host-remediator-light-'));
  try {
    return await use(await synthesizeLight(directory), directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
