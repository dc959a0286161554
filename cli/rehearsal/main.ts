import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EKSClient } from '@aws-sdk/client-eks';
import { IAMClient } from '@aws-sdk/client-iam';
import { Inspector2Client } from '@aws-sdk/client-inspector2';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecurityHubClient } from '@aws-sdk/client-securityhub';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { enter } from '../entry.ts';
import { print } from '../output.ts';
import { UsageError } from '../usage-error.ts';
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
  const eks = new EKSClient(config);
  const region = await eks.config.region().catch(() => undefined);
  if (region === undefined) throw new UsageError('--region: missing; your profile and AWS_REGION name none either');
  const isWell = await rehearse({
    clients: {
      eks,
      sts: new STSClient(config),
      ec2: new EC2Client(config),
      autoScaling: new AutoScalingClient(config),
      iam: new IAMClient(config),
      ssm: new SSMClient(config),
      inspector: new Inspector2Client(config),
      scheduler: new SchedulerClient(config),
      securityHub: new SecurityHubClient(config),
    },
    cluster,
    region,
    yes: new Set(yes),
    unverified: readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'unverified.md'), 'utf8'),
    print,
    now: () => Date.now(),
  });
  if (!isWell) process.exitCode = 1;
});
