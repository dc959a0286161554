import { afterEach, describe, expect, it } from 'vitest';
import { apiWith, closeApis, status } from './api-server.fixture.ts';

afterEach(closeApis);

const node = (name: string, instanceId: string) => ({
  metadata: { name },
  spec: { providerID: `aws:///eu-central-1a/${instanceId}`, unschedulable: true },
});
const absent = status(404, 'nodes "x" not found');
const DNS = 'ip-10-0-0-1.eu-central-1.compute.internal';

describe('findNode', () => {
  it.each([
    ['its private DNS name', [{ body: node(DNS, 'i-0a') }], DNS, [`/nodes/${DNS}`]],
    ['its instance id', [absent, { body: node('i-0a', 'i-0a') }], 'i-0a', [`/nodes/${DNS}`, '/nodes/i-0a']],
    [
      'any other name',
      [absent, absent, { body: { items: [node('b', 'i-0b'), node('a', 'i-0a')] } }],
      'a',
      [`/nodes/${DNS}`, '/nodes/i-0a', '/nodes?limit=500'],
    ],
  ])('finds a node that is called by %s', async (_what, replies, name, urls) => {
    const { client, received } = await apiWith(...replies);
    expect(await client.findNode('i-0a', DNS)).toMatchObject({ name, instanceId: 'i-0a', unschedulable: true });
    expect(received.map(({ url }) => url)).toEqual(urls.map((url) => `/api/v1${url}`));
  });

  it.each([
    ['its private DNS name', [{ body: { metadata: { name: DNS }, spec: {} } }], DNS],
    ['its instance id', [absent, { body: { metadata: { name: 'i-0a' }, spec: { providerID: '' } } }], 'i-0a'],
  ])('takes a node without a provider id by %s', async (_what, replies, name) => {
    const { client } = await apiWith(...replies);
    expect(await client.findNode('i-0a', DNS)).toMatchObject({ name });
  });

  it('takes no hybrid node for an instance', async () => {
    const hybrid = { metadata: { name: DNS }, spec: { providerID: 'eks-hybrid:///eu-central-1/shop/mi-1' } };
    const { client } = await apiWith({ body: hybrid }, absent, { body: { items: [hybrid] } });
    expect(await client.findNode('i-0a', DNS)).toBeUndefined();
  });

  it("does not take another instance's node for it, whatever its name", async () => {
    const others = [node(DNS, 'i-0b'), node('i-0a', 'i-0c')];
    const { client } = await apiWith({ body: others[0] }, { body: others[1] }, { body: { items: others } });
    expect(await client.findNode('i-0a', DNS)).toBeUndefined();
  });

  it('asks by the instance id alone when it knows no DNS name', async () => {
    const { client, received } = await apiWith({ body: node('i-0a', 'i-0a') });
    await client.findNode('i-0a');
    expect(received.map(({ url }) => url)).toEqual(['/api/v1/nodes/i-0a']);
  });

  it('throws what stands between by its name', async () => {
    const { client } = await apiWith(status(403, 'no'));
    await expect(client.findNode('i-0a')).rejects.toMatchObject({
      name: 'KubernetesAccessError',
      problem: 'forbidden',
    });
  });
});
