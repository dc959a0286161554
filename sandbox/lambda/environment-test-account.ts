import { DescribeNodegroup$ } from '@aws-sdk/client-eks';
import type { Service } from '../account/service.ts';
import { Random } from '../time/random.ts';
import { VirtualTime } from '../time/virtual-time.ts';
import { AccountServer, type AccountServerOptions } from '../wire/account-server.ts';
import { bundledSource } from './bundled-source.ts';
import { ExecutionEnvironment } from './execution-environment.ts';
import { InMemoryNetwork } from './in-memory-network.ts';

export const NOW = Date.parse('2026-01-05T10:00:00Z');

const FUNCTION = `
import { Console } from 'node:console';
import { randomUUID } from 'node:crypto';
import { EKSClient, DescribeNodegroupCommand } from '@aws-sdk/client-eks';
import { Logger } from '@aws-lambda-powertools/logger';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';

const eks = new EKSClient({});
let invocations = 0;
const logger = new Logger({ serviceName: 'test' });
const describe = (clusterName) => eks.send(new DescribeNodegroupCommand({ clusterName, nodegroupName: 'blue' }));
const actions = {
  echo: (event, context) => ({ event, context: { ...context, remaining: context.getRemainingTimeInMillis() } }),
  describe: async ({ cluster }) => (await describe(cluster)).nodegroup,
  count: () => ++invocations,
  environment: () => ({ ...process.env }),
  now: () => ({ now: Date.now(), date: new Date().toISOString(), instance: new Date(0) instanceof Date }),
  chance: () => ({ uuid: randomUUID(), global: crypto.randomUUID(), math: Math.random() }),
  sleep: async ({ ms }) => { const from = performance.now(); await sleep(ms); return performance.now() - from; },
  never: () => new Promise((resolve) => setTimeout(resolve, 3_600_000)),
  fail: () => { throw new RangeError('out of range'); },
  laterFail: () => new Promise(() => setTimeout(() => { throw new RangeError('later'); }, 10)),
  unawaited: () => { setTimeout(() => console.log('late'), 10); },
  exit: () => process.exit(3),
  speak: () => {
    console.log('from console %d', 1);
    new Console({ stdout: process.stdout, stderr: process.stderr }).error('from\\nConsole');
    process.stdout.write('no newline');
    logger.info('from logger');
  },
  mark: () => { globalThis.marked = (globalThis.marked ?? 0) + 1; process.on('SIGTERM', () => {}); return globalThis.marked; },
  files: async () => [existsSync('/etc/passwd'), (await import('node:fs')).default.existsSync('/etc/passwd'), await readFile('/etc/passwd').catch((e) => e.code)],
  plainHttp: async () => (await new EKSClient({ endpoint: 'http://eks.eu-central-1.amazonaws.com' }).send(new DescribeNodegroupCommand({ clusterName: 'plain', nodegroupName: 'a' }))).nodegroup,
  wayOut: () => connect(80, 'example.com'),
  fetch: () => fetch('https://example.com'),
};
export const handler = async (event, context) => actions[event.action](event, context);
`;

const bundle = await bundledSource(FUNCTION);

/** An account with one cluster, and execution environments in it. */
export function account(execute?: AccountServerOptions['execute']) {
  const time = new VirtualTime(NOW);
  const lines: string[] = [];
  const eks: Service = {
    signingName: 'eks',
    iamPrefix: 'eks',
    protocol: 'rest-json',
    operations: {
      DescribeNodegroup: {
        schema: DescribeNodegroup$,
        supports: ['clusterName', 'nodegroupName'],
        run: ({ clusterName }: { clusterName: string }) => ({ nodegroup: { clusterName, status: 'ACTIVE' } }),
      },
    },
  };
  const callers: string[] = [];
  const server = new AccountServer({
    services: [eks],
    world: { time, random: new Random(1) },
    identify: (accessKeyId) => ({ function: accessKeyId }),
    execute:
      execute ??
      ((_call, run) => new Promise((resolve, reject) => time.after(25, () => void run().then(resolve, reject)))),
    onCall: ({ function: name, outcome }) => callers.push(`${name} ${outcome}`),
  });
  const network = new InMemoryNetwork(server.http);
  const environments: ExecutionEnvironment[] = [];
  time.addActivity(() => environments.some(({ busy }) => busy));

  const environment = (functionName = 'watcher', variables: Record<string, string> = {}) => {
    const made = new ExecutionEnvironment({
      bundle,
      handler: 'index.handler',
      environment: variables,
      functionName,
      memorySizeMb: 256,
      accountId: '123456789012',
      region: 'eu-central-1',
      logGroupName: '/shared',
      accessKeyId: `AKID${functionName}`,
      network,
      time,
      random: new Random(7).fork(functionName),
      onLine: (line) => lines.push(line),
    });
    environments.push(made);
    return made;
  };

  /** Invokes, and lets time pass until the response arrives. */
  const invoke = async (target: ExecutionEnvironment, event: object, timeoutMs = 60_000) => {
    const answer = target.invoke(event, { requestId: 'request-1', timeoutMs });
    await time.play(time.now + timeoutMs);
    return answer;
  };
  return { time, lines, callers, environment, invoke };
}
