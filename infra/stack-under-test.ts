import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { functionNames } from './bundle.ts';
import { RemediatorApp } from './remediator-app.ts';
import { cdkJsonContext } from './synthesize.ts';

/**
 * Provides the app as `cdk synth` creates it, but with empty bundles, for tests of the template rather than the code.
 * The app's output is deleted when `use` has ended.
 */
export const withAppWithoutCode = <Result>(
  context: Readonly<Record<string, unknown>>,
  use: (app: RemediatorApp) => Result,
): Result => {
  return withEmptyBundles((bundles, outdir) => {
    const app = new RemediatorApp(bundles, {
      outdir,
      context: { ...cdkJsonContext(), mode: 'enforce', ...context },
      analyticsReporting: false,
    });
    return use(app);
  });
};

/** Provides empty bundles of all functions, and a directory for the output of an app, until `use` has ended. */
export const withEmptyBundles = <Result>(use: (bundles: string, outdir: string) => Result): Result => {
  const directory = mkdtempSync(join(tmpdir(), 'eks-host-remediator-test-'));
  try {
    const bundles = join(directory, 'bundles');
    for (const name of functionNames()) {
      mkdirSync(join(bundles, name), { recursive: true });
      writeFileSync(join(bundles, name, 'index.js'), '');
    }
    return use(bundles, join(directory, 'cdk.out'));
  } finally {
    rmSync(directory, { recursive: true });
  }
};

const resources = z.record(
  z.string(),
  z.object({
    Type: z.string(),
    // Resources have many shapes, so tests assert the members that they read.
    Properties: z.record(z.string(), z.any()).default({}),
    DeletionPolicy: z.string().optional(),
  }),
);
export type Resource = z.infer<typeof resources>[string] & { readonly id: string };

const templates = new Map<string, Template>();

/**
 * The template of the stack with these settings. It is synthesized once in this process, which takes a second, and
 * tests only read it.
 */
export const templateOf = (context: Readonly<Record<string, unknown>> = {}): Template => {
  const settings = JSON.stringify(context);
  const template = templates.get(settings) ?? withAppWithoutCode(context, ({ stack }) => Template.fromStack(stack));
  templates.set(settings, template);
  return template;
};

/** The template's resources of a type; without a type, all of them. */
export const resourcesOf = (template: Template, type?: string): Resource[] =>
  Object.entries(resources.parse(template.toJSON().Resources))
    .map(([id, resource]) => ({ id, ...resource }))
    .filter(({ Type }) => type === undefined || Type === type);
