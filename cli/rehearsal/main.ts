import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { enter } from '../entry.ts';
import { print } from '../output.ts';
import { UsageError } from '../usage-error.ts';
import { createRehearsalClients } from './clients.ts';
import { rehearse } from './rehearse.ts';
import { STEPS } from './steps.ts';

const USAGE = `Usage: npm run rehearse -- --cluster NAME [--region REGION] [--yes STEP]...

Looks at one cluster of a real account with your credentials, before the stack is deployed: who you are, what its node groups and
workers would be told, and each line of docs/unverified.md. It reads, and asks EC2 with --dry-run. Nothing is changed, but for
the steps that you name; what they make they take away again.

  --cluster NAME   the EKS cluster
  --region REGION  where it is; by default that of your profile or AWS_REGION
  --yes STEP       do this step, too; may be given several times
${STEPS.map(({ name, changes }) => `                     ${name}: ${changes}`).join('\n')}
  -h, --help       this

Exit codes: 0 nothing is wrong; 1 something is to be looked at; 2 a wrong argument.`;

// An empty variable counts as unset, as in the AWS CLI.
if (process.env.AWS_REGION === '') delete process.env.AWS_REGION;

function read(argv: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        cluster: { type: 'string' },
        region: { type: 'string' },
        yes: { type: 'string', multiple: true, default: [] },
      },
    });
    return values;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new UsageError(`${error.message}\n\n${USAGE}`);
  }
}

await enter(process.argv.slice(2), USAGE, async (argv) => {
  const { cluster, region: given, yes } = read(argv);
  if (cluster === undefined || cluster === '')
    throw new UsageError(`--cluster: missing; name the EKS cluster\n\n${USAGE}`);
  const config = given === undefined ? {} : { region: given };
  const clients = createRehearsalClients(config);
  const region = await clients.eks.config.region().catch(() => undefined);
  if (region === undefined) throw new UsageError('--region: missing; your profile and AWS_REGION name none either');
  const isWell = await rehearse({
    clients,
    cluster,
    region,
    yes: new Set(yes),
    unverified: readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'unverified.md'), 'utf8'),
    print,
    now: () => Date.now(),
  });
  if (!isWell) process.exitCode = 1;
});
