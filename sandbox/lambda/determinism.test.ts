import { DescribeNodegroup$ } from '@aws-sdk/client-eks';
import { GetParameter$ } from '@aws-sdk/client-ssm';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Service } from '../account/service.ts';
import { Random } from '../time/random.ts';
import { VirtualTime } from '../time/virtual-time.ts';
import { AccountServer } from '../wire/account-server.ts';
import { AwsError } from '../wire/aws-error.ts';
import { bundledSource } from './bundled-source.ts';
import { ExecutionEnvironment } from './execution-environment.ts';
import { InMemoryNetwork } from './in-memory-network.ts';

const NOW = Date.parse('2026-01-05T10:00:00Z');

const FUNCTION = `
import { EKSClient, DescribeNodegroupCommand } from '@aws-sdk/client-eks';
import { SSMClient, GetParameterCommand } from '@aws-sdk/client-ssm';

const eks = new EKSClient({});
const ssm = new SSMClient({});
export const handler = async ({ name, calls }) => {
  const answers = await Promise.allSettled(Array.from({ length: calls }, (_, index) => index % 2 === 0
    ? eks.send(new DescribeNodegroupCommand({ clusterName: name, nodegroupName: String(index) }))
    : ssm.send(new GetParameterCommand({ Name: name + '/' + index }))));
  console.log(name, answers.map(({ status }) => status).join());
  return answers.length;
};
`;

let bundle: string;
beforeAll(async () => {
  bundle = await bundledSource(FUNCTION);
});

/**
 * Invokes the function in several environments at once, with seeded latency and throttling, and returns everything
 * observed.
 */
async function play(seed: number, environments: number, calls: number): Promise<string[]> {
  const seen: string[] = [];
  const time = new VirtualTime(NOW);
  const random = new Random(seed);
  const services: Service[] = [
    {
      signingName: 'eks',
      iamPrefix: 'eks',
      protocol: 'rest-json',
      operations: {
        DescribeNodegroup: { schema: DescribeNodegroup$, supports: ['clusterName', 'nodegroupName'], run: () => ({}) },
      },
    },
    {
      signingName: 'ssm',
      iamPrefix: 'ssm',
      protocol: 'json-1.1',
      operations: { GetParameter: { schema: GetParameter$, supports: ['Name'], run: () => ({}) } },
    },
  ];
  const chance = random.fork('latency');
  const server = new AccountServer({
    services,
    world: { time, random },
    identify: (accessKeyId) => ({ function: accessKeyId }),
    execute: (_call, run) =>
      new Promise((resolve, reject) => {
        const throttled = chance.next() < 0.2;
        time.after(chance.integer(10, 60), () => {
          if (throttled) reject(new AwsError('ThrottlingException', 'Rate exceeded'));
          else run().then(resolve, reject);
        });
      }),
    onCall: (record) => seen.push(JSON.stringify(record)),
  });
  const network = new InMemoryNetwork(server.http);
  const all = Array.from({ length: environments }, (_, index) => {
    return new ExecutionEnvironment({
      bundle,
      handler: 'index.handler',
      environment: {},
      functionName: `function-${index}`,
      memorySizeMb: 256,
      accountId: '123456789012',
      region: 'eu-central-1',
      logGroupName: '/shared',
      accessKeyId: `AKID${index}`,
      network,
      time,
      random: random.fork(`function-${index}`),
      onLine: (line) => seen.push(line),
    });
  });
  time.addActivity(() => all.some(({ busy }) => busy));
  const answers = all.map((environment, index) =>
    environment.invoke({ name: `name-${index}`, calls }, { requestId: `request-${index}`, timeoutMs: 60_000 }),
  );
  await time.play(NOW + 60_000);
  seen.push(JSON.stringify(await Promise.all(answers)));
  return seen;
}

describe('the sandbox', () => {
  it('plays parallel calls of several environments in the same order for the same seed', async () => {
    const first = await play(1, 4, 8);
    expect(first.filter((line) => line.includes('"kind":"call"')).length).toBeGreaterThan(4 * 8);
    expect(await play(1, 4, 8)).toEqual(first);
  });

  it('plays them in another order for another seed', async () => {
    expect(await play(2, 4, 8)).not.toEqual(await play(1, 4, 8));
  });

  it('lets virtual time stand still until every call of a burst is under way', async () => {
    const seen = await play(1, 1, 200);
    const at = seen.flatMap((line) => (line.startsWith('{') ? [Date.parse(JSON.parse(line).at)] : []));
    const firstAnswers = at.filter((when) => when <= NOW + 60);
    // 50 sockets for each of the two hosts: the first 100 calls are answered within the longest latency.
    expect(firstAnswers.length).toBeGreaterThanOrEqual(100);
  });
});
