import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesizeFrom } from '../../infra/synthesize.ts';
import { readSynthesizedStack, type SynthesizedStack } from '../stack/template.ts';
import { lightBundles } from './light-bundles.ts';

/** Synthesizes the stack from light bundles, for accounts that are opened `inProcess`; all is gone once `use` has ended. */
export async function withLightStack<Result>(use: (synthesized: SynthesizedStack) => Promise<Result>): Promise<Result> {
  process.env.CDK_VALIDATION ??= 'false';
  const directory = mkdtempSync(join(tmpdir(), 'eks-host-remediator-light-'));
  try {
    const bundles = join(directory, 'bundles');
    await lightBundles(bundles);
    return await use(readSynthesizedStack(synthesizeFrom(bundles, { outdir: join(directory, 'cdk.out') })));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
