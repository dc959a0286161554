import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InitializeMiddleware } from '@smithy/types';
import { describe, expect, it } from 'vitest';
import { createRehearsalClients } from './clients.ts';
import { readGround } from './ground.ts';
import { LINES } from './lines.ts';
import { lookAtGroups, lookAtWorkers } from './look-around.ts';
import { linesOf } from './rehearse.ts';
import { STEPS } from './steps.ts';

const lines = linesOf(readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'unverified.md'), 'utf8'));

describe('the rehearsal', () => {
  it('has exactly one look at each line of docs/unverified.md, and none at another', () => {
    expect(lines.length).toBeGreaterThan(20);
    const looks = lines.map((line) => [line, LINES.filter((each) => line.startsWith(each.line)).length]);
    expect(looks.filter(([, count]) => count !== 1)).toEqual([]);
    expect(LINES.filter((each) => !lines.some((line) => line.startsWith(each.line)))).toEqual([]);
  });

  it('names only steps that there are, and uses each', () => {
    const named = new Set(LINES.flatMap(({ step }) => step ?? []));
    expect(named).toEqual(new Set(STEPS.map(({ name }) => name)));
  });
});

/** Answers by the name of the command, instead of AWS. */
const answering =
  (answers: Readonly<Record<string, object | Error>>): InitializeMiddleware<object, object> =>
  (_, { commandName = '' }) =>
  async () => {
    const answer = answers[commandName] ?? {};
    if (answer instanceof Error) throw answer;
    return { output: { $metadata: {}, ...answer }, response: {} };
  };

it('says so where EKS does not tell which node groups the cluster has', async () => {
  const denied = Object.assign(new Error('no'), { name: 'AccessDeniedException', $metadata: {}, $fault: 'client' });
  const cluster = { name: 'shop', version: '1.33' };
  const config = { region: 'eu-central-1' };
  const clients = createRehearsalClients(config);
  clients.eks.middlewareStack.add(
    answering({ DescribeClusterCommand: { cluster }, ListNodegroupsCommand: denied }) as never,
  );
  clients.ec2.middlewareStack.add(answering({}) as never);
  const ground = await readGround(clients, 'shop', config.region, () => 0);
  expect(await lookAtGroups(ground)).toEqual([
    { kind: 'trouble', text: 'which node groups it has cannot be read: AccessDeniedException: no' },
  ]);
});

it('goes on, and says which right is missing, where EC2 does not tell the instances', async () => {
  const denied = Object.assign(new Error('no'), { name: 'UnauthorizedOperation', $metadata: {}, $fault: 'client' });
  const clients = createRehearsalClients({ region: 'eu-central-1' });
  clients.eks.middlewareStack.add(
    answering({ DescribeClusterCommand: { cluster: { name: 'shop' } }, ListNodegroupsCommand: {} }) as never,
  );
  clients.ec2.middlewareStack.add(answering({ DescribeInstancesCommand: denied }) as never);
  const ground = await readGround(clients, 'shop', 'eu-central-1', () => 0);
  expect(ground.instances).toEqual([]);
  expect(await lookAtWorkers(ground)).toEqual([
    {
      kind: 'trouble',
      text: expect.stringMatching(
        /^its instances cannot be read: UnauthorizedOperation: no\. Give .* ec2:DescribeInstances/,
      ),
    },
  ]);
});
