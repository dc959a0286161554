import { print } from '../cli/output.ts';
import { UsageError } from '../cli/usage-error.ts';
import { readArguments, USAGE } from './cli/arguments.ts';
import { withDeployment } from './cli/deployment.ts';
import { run } from './cli/run.ts';
import { fleetJsonSchema } from './fleet/parse-fleet.ts';
import { TemplateError } from './stack/template.ts';

const note = (text: string) => process.stderr.write(`${text}\n`);

try {
  const options = readArguments(process.argv.slice(2));
  if (options === 'help') print(USAGE);
  else if (options === 'schema') print(JSON.stringify(fleetJsonSchema(), null, 2));
  else await withDeployment((synthesized) => run(options, synthesized, { print, note }));
} catch (error) {
  const usage = error instanceof UsageError || error instanceof TemplateError;
  note(usage ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = usage ? 2 : 1;
}
