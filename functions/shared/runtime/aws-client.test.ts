import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { REMEDIATIONS } from '../../remediations.ts';
import { CLIENT_DEFAULTS } from './aws-client.ts';

it('a request that hangs can be tried again within the time limit of every function', () => {
  const { connectionTimeout, requestTimeout } = CLIENT_DEFAULTS.requestHandler;
  for (const { name, timeoutSeconds } of REMEDIATIONS) {
    expect(2 * (connectionTimeout + requestTimeout), name).toBeLessThan(timeoutSeconds * 1000);
  }
});

it('a server that never answers is given up, and asked again', async () => {
  let asked = 0;
  const silent = createServer(() => {
    asked += 1;
  });
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const client = new SQSClient({
    ...CLIENT_DEFAULTS,
    requestHandler: { ...CLIENT_DEFAULTS.requestHandler, requestTimeout: 50 },
    maxAttempts: 2,
    endpoint: `http://127.0.0.1:${port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  await expect(client.send(new ListQueuesCommand({}))).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(asked).toBe(2);
  silent.closeAllConnections();
  silent.close();
});
