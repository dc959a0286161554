import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { functionNames } from './bundle.ts';
import { RemediatorApp } from './remediator-app.ts';
import { cdkJsonContext } from './synthesize.ts';

/**
 * Hands over the app as `cdk synth` makes it, but with empty bundles: for tests that look at the template, not at the
 * code. What the app writes is gone when `use` has ended.
 */
export const withAppWithoutCode = <Result>(
  context: Readonly<Record<string, unknown>>,
  use: (app: RemediatorApp) => Result,
): Result => {
  const directory = mkdtempSync(join(tmpdir(), 'eks-host-remediator-test-'));
  try {
    const bundles = join(directory, 'bundles');
    for (const name of functionNames()) {
      mkdirSync(join(bundles, name), { recursive: true });
      writeFileSync(join(bundles, name, 'index.js'), '');
    }
    const outdir = join(directory, 'cdk.out');
    const app = new RemediatorApp(bundles, {
      outdir,
      context: { ...cdkJsonContext(), mode: 'enforce', ...context },
      analyticsReporting: false,
    });
    return use(app);
  } finally {
    rmSync(directory, { recursive: true });
  }
};

const resources = z.record(
  z.string(),
  z.object({
    Type: z.string(),
    // Templates have every shape; what a test reads is what it asserts.
    Properties: z.record(z.string(), z.any()).default({}),
    DeletionPolicy: z.string().optional(),
  }),
);
export type Resource = z.infer<typeof resources>[string] & { readonly id: string };

/** The template of the stack with these settings. */
export const templateOf = (context: Readonly<Record<string, unknown>> = {}): Template =>
  withAppWithoutCode(context, ({ stack }) => Template.fromStack(stack));

/** The template's resources of a type, all of them without one. */
export const resourcesOf = (template: Template, type?: string): Resource[] =>
  Object.entries(resources.parse(template.toJSON().Resources))
    .map(([id, resource]) => ({ id, ...resource }))
    .filter(({ Type }) => type === undefined || Type === type);
