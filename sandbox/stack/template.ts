import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';

/** A template or a resource that the sandbox does not support, with its path. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

const resource = z.strictObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Condition: z.string().optional(),
  DependsOn: z.union([z.string(), z.array(z.string())]).optional(),
  // The end of a stack's life does not matter here.
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
  Metadata: z.record(z.string(), z.unknown()).optional(),
});

const template = z.strictObject({
  AWSTemplateFormatVersion: z.string().optional(),
  Description: z.string().optional(),
  Metadata: z.unknown().optional(),
  Parameters: z.record(z.string(), z.looseObject({ Type: z.string(), Default: z.unknown().optional() })).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.unknown()))).default({}),
  Conditions: z.record(z.string(), z.unknown()).default({}),
  // Rules only guard a deployment (CDK's check of its bootstrap version).
  Rules: z.unknown().optional(),
  Resources: z.record(z.string(), resource),
  Outputs: z
    .record(
      z.string(),
      z.looseObject({
        Value: z.unknown(),
        Description: z.string().optional(),
        Condition: z.string().optional(),
      }),
    )
    .default({}),
});

export type Template = z.output<typeof template>;
export type TemplateResource = z.output<typeof resource>;

/** A template with its assets. */
export interface SynthesizedStack {
  readonly template: Template;
  readonly stackName: string;
  /** Directory of a zip asset. */
  readonly assetDirectory: (s3Key: string) => string;
}

/** @throws TemplateError with the path of the error */
export function parseTemplate(json: unknown): Template {
  const parsed = template.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new TemplateError(`Not a template that the sandbox takes: ${z.prettifyError(parsed.error)}`);
}

/**
 * Reads the output of `cdk synth`.
 * @param file path of `*.template.json`, beside its assets
 */
export function readSynthesizedStack(file: string): SynthesizedStack {
  const stackName = /([^/]+)\.template\.json$/.exec(file)?.[1];
  if (stackName === undefined) throw new TemplateError(`${file} is not a *.template.json`);
  const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
  return {
    template: parseTemplate(json),
    stackName,
    assetDirectory: (s3Key) => join(dirname(file), `asset.${s3Key.replace(/\.zip$/, '')}`),
  };
}
