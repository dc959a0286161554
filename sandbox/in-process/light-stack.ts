import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesizeFrom } from '../../infra/synthesize.ts';
import { lightBundles } from './light-bundles.ts';

/**
 * Synthesizes the stack from light bundles, for accounts that are opened `inProcess`.
 * @param use gets the path of the template, and a directory for more, which is gone once it has ended
 */
export async function withLightStack<Result>(
  use: (template: string, directory: string) => Promise<Result>,
): Promise<Result> {
  process.env.CDK_VALIDATION ??= 'false';
  const directory = mkdtempSync(join(tmpdir(), 'eks-host-remediator-light-'));
  try {
    const bundles = join(directory, 'bundles');
    await lightBundles(bundles);
    return await use(synthesizeFrom(bundles, { outdir: join(directory, 'cdk.out') }), directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
