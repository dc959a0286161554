import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../infra/synthesize.ts';
import { readSynthesizedStack, type SynthesizedStack } from '../stack/template.ts';

/**
 * Synthesizes the stack like `cdk synth` and passes it to `use`. The output is deleted afterwards.
 *
 * @param context like `-c key=value`
 */
export async function withDeployment<Result>(
  use: (synthesized: SynthesizedStack) => Promise<Result>,
  context: Readonly<Record<string, string>> = {},
): Promise<Result> {
  // The additional schema checks of `cdk synth` take seconds, and the sandbox refuses whatever it does not know anyway.
  process.env.CDK_VALIDATION ??= 'false';
  const outdir = mkdtempSync(join(tmpdir(), 'eks-host-remediator-'));
  const remove = () => rmSync(outdir, { recursive: true, force: true });
  // The output is also deleted when the process exits early, because nobody reads its output any more.
  process.once('exit', remove);
  try {
    return await use(readSynthesizedStack(await synthesize({ outdir, context })));
  } finally {
    remove();
    process.off('exit', remove);
  }
}
