import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';

const template = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string(), Properties: z.unknown() })),
});

const lambdaFunction = z.object({
  Code: z.object({ S3Key: z.string() }),
  Environment: z.object({ Variables: z.looseObject({ POWERTOOLS_SERVICE_NAME: z.string() }) }),
});

export interface DeployedFunction {
  readonly name: string;
  /** Path of the bundle that would be deployed. */
  readonly bundle: string;
  /** Environment variables as the template has them: text, or an expression that CloudFormation turns into text. */
  readonly environment: Readonly<Record<string, unknown>>;
}

/** The functions of a synthesized template, with their bundles. */
export const deployedFunctions = (templateFile: string): DeployedFunction[] =>
  Object.values(template.parse(JSON.parse(readFileSync(templateFile, 'utf8'))).Resources)
    .filter(({ Type }) => Type === 'AWS::Lambda::Function')
    .map(({ Properties }) => {
      const { Code, Environment } = lambdaFunction.parse(Properties);
      return {
        name: Environment.Variables.POWERTOOLS_SERVICE_NAME,
        bundle: join(dirname(templateFile), `asset.${basename(Code.S3Key, '.zip')}`, 'index.js'),
        environment: Environment.Variables,
      };
    })
    .sort((a, b) => a.name.localeCompare(b.name));
