import { afterEach, expect, it } from 'vitest';
import { apiWith, closeApis } from './api-server.fixture.ts';

afterEach(closeApis);

it('names what the caller may not do, and asks of each access for itself', async () => {
  const { client, received } = await apiWith(
    { to: '"list"', body: { status: { allowed: true } } },
    { to: '"eviction"', body: { status: {} } },
  );
  const lacking = await client.lackingAccess([
    { verb: 'list', group: '', resource: 'pods' },
    { verb: 'create', group: '', resource: 'pods', subresource: 'eviction' },
  ]);
  expect(lacking).toEqual(['create pods/eviction']);
  expect(received.map(({ method, url }) => `${method} ${url}`)).toEqual(
    Array(2).fill('POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews'),
  );
  const asked = received.map(({ body }) => JSON.parse(body).spec.resourceAttributes);
  expect(asked).toContainEqual({ verb: 'create', group: '', resource: 'pods', subresource: 'eviction' });
});
