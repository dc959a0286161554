import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../infra/synthesize.ts';
import { readSynthesizedStack, type SynthesizedStack } from '../stack/template.ts';

/**
 * Synthesizes the stack as `cdk synth` does and hands it to `use`; what was written is gone afterwards.
 *
 * @param context what `-c key=value` would say
 */
export async function withDeployment<Result>(
  use: (synthesized: SynthesizedStack) => Promise<Result>,
  context: Readonly<Record<string, string>> = {},
): Promise<Result> {
  // What `cdk synth` checks against AWS's schema besides takes seconds, and the sandbox takes nothing that it does not know.
  process.env.CDK_VALIDATION ??= 'false';
  const outdir = mkdtempSync(join(tmpdir(), 'eks-host-remediator-'));
  const remove = () => rmSync(outdir, { recursive: true, force: true });
  // Also when the process exits in the middle, because nobody reads its output any more.
  process.once('exit', remove);
  try {
    return await use(readSynthesizedStack(await synthesize({ outdir, context })));
  } finally {
    remove();
    process.off('exit', remove);
  }
}
