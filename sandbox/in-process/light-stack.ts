import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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

/** The directory of the light bundles from which a template was synthesized here. */
export const bundlesOf = (template: string): string => join(dirname(dirname(template)), 'bundles');

/**
 * Synthesizes the stack from light bundles, for accounts that are opened `inProcess`.
 * @param use gets the path of the template, which is deleted afterwards
 */
export const withLightStack = <Result>(use: (template: string) => Promise<Result>): Promise<Result> =>
  withLightBundles((bundles, directory) => use(synthesizeFrom(bundles, { outdir: join(directory, 'cdk.out') })));

/**
 * Makes the light bundles, for those who synthesize more than one stack from them.
 * @param use gets the directory of the bundles, and one for further files; both are deleted afterwards
 */
export async function withLightBundles<Result>(
  use: (bundles: string, directory: string) => Promise<Result>,
): Promise<Result> {
  process.env.CDK_VALIDATION ??= 'false';
  const directory = mkdtempSync(join(tmpdir(), 'eks-host-remediator-light-'));
  const bundles = join(directory, 'bundles');
  try {
    await lightBundles(bundles);
    return await use(bundles, directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
