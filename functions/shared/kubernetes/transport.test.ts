import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../runtime/system-clock.ts';
import { closeApis, patientApi, status } from './api-server.fixture.ts';
import { createPatience } from './patience.ts';

afterEach(closeApis);

/** Each request takes 20 seconds of 50, by its own clock. */
const slowly = (received: readonly unknown[]) => createPatience({ now: () => received.length * 20_000 }, 50_000);
const shortly = () => createPatience(systemClock, 1_500);
const TOO_SLOW = { problem: 'unreachable', message: expect.stringContaining('The Kubernetes API of prod is too slow') };

it('an answer that begins and never ends is not asked for again', async () => {
  const { client, received } = await patientApi(shortly, { drips: true }, { drips: true });
  await expect(client.listNodes()).rejects.toMatchObject(TOO_SLOW);
  expect(received).toHaveLength(1);
});

it('all calls are given up once they have taken too long together, as where a webhook holds evictions', async () => {
  const evicted = { status: 201, body: { kind: 'Status', status: 'Success' } };
  const { client, received } = await patientApi(slowly, evicted, evicted, evicted, evicted);
  const evict = () => client.evict({ namespace: 'shop', name: 'web', uid: 'u' });
  expect([await evict(), await evict(), await evict()]).toEqual(['evicted', 'evicted', 'evicted']);
  await expect(evict()).rejects.toMatchObject(TOO_SLOW);
  await expect(client.listNodes()).rejects.toMatchObject(TOO_SLOW);
  expect(received).toHaveLength(3);
});

it('a list whose pages never end is given up', async () => {
  const page = { body: { items: [], metadata: { continue: 'more' } } };
  const { client, received } = await patientApi(slowly, page, page, page, page, page);
  const nodePools = { group: 'karpenter.sh', version: 'v1', plural: 'nodepools' };
  await expect(client.listCustomObjects(nodePools, (pool) => pool)).rejects.toMatchObject(TOO_SLOW);
  expect(received).toHaveLength(3);
});

it('an API that asks for a longer pause than is left is not waited for', async () => {
  const { client, received } = await patientApi(shortly, { ...status(503, 'later'), headers: { 'retry-after': '5' } });
  await expect(client.listNodes()).rejects.toMatchObject({ problem: 'failed', status: 503 });
  expect(received).toHaveLength(1);
});
