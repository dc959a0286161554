import { DescribeAutoScalingGroups$, StartInstanceRefresh$ } from '@aws-sdk/client-auto-scaling';
import { DescribeTags$, RunInstances$ } from '@aws-sdk/client-ec2';
import { UpdateNodegroupVersion$ } from '@aws-sdk/client-eks';
import { PutEvents$ } from '@aws-sdk/client-eventbridge';
import { GetParameters$, PutParameter$ } from '@aws-sdk/client-ssm';
import { onTestFinished } from 'vitest';
import type { CallRecord, Service } from '../account/service.ts';
import { InMemoryNetwork } from '../lambda/in-memory-network.ts';
import { Random } from '../time/random.ts';
import { VirtualTime } from '../time/virtual-time.ts';
import { AccountServer, type AccountServerOptions } from './account-server.ts';

const done = () => ({});
const services: Service[] = [
  {
    signingName: 'ssm',
    iamPrefix: 'ssm',
    protocol: 'json-1.1',
    operations: {
      GetParameters: { schema: GetParameters$, supports: ['Names'], run: () => ({ InvalidParameters: [] }) },
      PutParameter: {
        schema: PutParameter$,
        supports: ['Name', 'Value', 'Tags'],
        permissions: ({ Name }: { Name: string }) => [{ action: 'ssm:PutParameter', resource: `arn:${Name}` }],
        run: done,
      },
    },
  },
  {
    signingName: 'eks',
    iamPrefix: 'eks',
    protocol: 'rest-json',
    operations: {
      UpdateNodegroupVersion: {
        schema: UpdateNodegroupVersion$,
        supports: ['clusterName', 'nodegroupName'],
        run: done,
      },
    },
  },
  {
    signingName: 'ec2',
    iamPrefix: 'ec2',
    protocol: 'ec2-query',
    operations: {
      DescribeTags: { schema: DescribeTags$, supports: ['Filters', 'MaxResults'], run: done },
      RunInstances: { schema: RunInstances$, supports: ['MinCount', 'MaxCount'], run: done },
    },
  },
  {
    signingName: 'autoscaling',
    iamPrefix: 'autoscaling',
    protocol: 'query',
    operations: {
      DescribeAutoScalingGroups: { schema: DescribeAutoScalingGroups$, supports: ['MaxRecords'], run: done },
      StartInstanceRefresh: { schema: StartInstanceRefresh$, supports: ['AutoScalingGroupName'], run: done },
    },
  },
  {
    signingName: 'events',
    iamPrefix: 'events',
    protocol: 'json-1.1',
    operations: {
      PutEvents: {
        schema: PutEvents$,
        supports: ['Entries'],
        run: () => {
          throw new TypeError('a defect');
        },
      },
    },
  },
];

/** An account with these services, its call records, and a way to send it any request. */
export function account(hooks: Partial<AccountServerOptions> = {}) {
  const records: CallRecord[] = [];
  const server = new AccountServer({
    services,
    world: { time: new VirtualTime(Date.parse('2026-01-05T10:00:00Z')), random: new Random(1) },
    identify: (accessKeyId) => ({ function: accessKeyId, roleLogicalId: `${accessKeyId}Role` }),
    onCall: (record) => records.push(record),
    ...hooks,
  });
  const network = new InMemoryNetwork(server.http).attach((effect) => effect());
  onTestFinished(() => network.detach());
  const send = (service: string, method: string, path: string, headers: Record<string, string>, body: string) =>
    new Promise<{ status: number | undefined; type: string | undefined; date: string | undefined; body: string }>(
      (resolve, reject) => {
        const authorization = `AWS4-HMAC-SHA256 Credential=watcher/20260105/eu-central-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;
        const signed = service === '' ? headers : { ...headers, authorization };
        const request = network.https.request(
          { host: 'any.amazonaws.com', method, path, headers: signed },
          (response) => {
            let text = '';
            response.on('data', (chunk) => {
              text += chunk;
            });
            response.on('end', () => {
              const { date, 'x-amzn-errortype': type } = response.headers;
              resolve({ status: response.statusCode, type: type?.toString(), date, body: text });
            });
          },
        );
        request.on('error', reject).end(body);
      },
    );
  const json = (service: string, target: string, body: unknown) =>
    send(
      service,
      'POST',
      '/',
      { 'x-amz-target': `Any.${target}` },
      typeof body === 'string' ? body : JSON.stringify(body),
    );
  const form = (service: string, fields: Record<string, string>) =>
    send(
      service,
      'POST',
      '/',
      { 'content-type': 'application/x-www-form-urlencoded' },
      `${new URLSearchParams(fields)}`,
    );
  return { records, send, json, form };
}
