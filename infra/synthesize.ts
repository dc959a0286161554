import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { withBundles } from './bundle.ts';
import { RemediatorApp } from './remediator-app.ts';
import { readSettings } from './settings.ts';

const cdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

/** The context in `cdk.json`: CDK's feature flags. */
export const cdkJsonContext = (): Record<string, unknown> =>
  cdkJson.parse(JSON.parse(readFileSync(join(import.meta.dirname, '..', 'cdk.json'), 'utf8'))).context;

interface Options {
  /**
   * Settings like `-c key=value`, in addition to `cdk.json`. The default mode is `enforce`, because nothing is
   * deployed.
   */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly outdir: string;
}

/**
 * Bundles the functions and synthesizes the stack like `cdk synth`, in this process, all into `outdir`.
 * @returns the path of the template
 * @throws SettingsError for a bad setting in the context
 */
export async function synthesize(options: Options): Promise<string> {
  // A bad setting is refused at once, because bundling takes seconds.
  readSettings(contextOf(options));
  return withBundles((bundles) => synthesizeFrom(bundles, options));
}

/** Synthesizes the stack from a directory of existing bundles. */
export function synthesizeFrom(bundles: string, options: Options): string {
  const { outdir } = options;
  const app = new RemediatorApp(bundles, { outdir, context: contextOf(options), analyticsReporting: false });
  return app.synth().getStackArtifact(app.stack.artifactId).templateFullPath;
}

const contextOf = ({ context }: Pick<Options, 'context'>): Record<string, unknown> => ({
  ...cdkJsonContext(),
  mode: 'enforce',
  ...context,
});
