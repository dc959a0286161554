import { afterEach, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { apiWith, closeApis, status } from './api-server.fixture.ts';
import { nodeRolesIn } from './aws-auth.ts';
import type { KubernetesClient } from './client.ts';
import { mapsRoleBy } from './mapped-role.ts';

afterEach(closeApis);

const ROLE = 'arn:aws:iam::111122223333:role/legacy-NodeInstanceRole';
/** The format of eksctl and of the EKS user guide. */
const MAP_ROLES = `- groups:
  - system:bootstrappers
  - system:nodes
  rolearn: ${ROLE}
  username: system:node:{{EC2PrivateDNSName}}
- rolearn: arn:aws:iam::111122223333:role/admins
  username: admin
  groups: ["system:masters"]
`;

it('knows the roles of nodes among those that the ConfigMap maps', () => {
  expect(nodeRolesIn(MAP_ROLES)).toEqual([ROLE]);
});

it.each([
  ['nothing', ''],
  ['no YAML', '- rolearn: [\n\t- {'],
  ['no list', 'rolearn: arn'],
  ['items of other kinds', '- 1\n- null\n- [a]\n- {groups: system:nodes}\n- {rolearn: 7, groups: [system:nodes]}'],
  ['a role without groups', `- rolearn: ${ROLE}`],
  ['aliases that multiply', `${'- &a [x, x]\n'}${'- [*a, *a, *a, *a, *a, *a, *a, *a]\n'.repeat(50)}`],
])('lets nobody in by %s', (_what, text) => {
  expect(nodeRolesIn(text)).toEqual([]);
});

it('takes the good items beside bad ones, in linear time', () => {
  const many = Array.from({ length: 2000 }, (_, n) => ({ rolearn: `${ROLE}-${n}`, groups: ['system:nodes'] }));
  expect(nodeRolesIn(stringify([{ rolearn: 1 }, ...many]))).toHaveLength(2000);
});

it('takes linear time for a ConfigMap full of keys, which anybody may write who administers one cluster', () => {
  const keys = Array.from({ length: 20_000 }, (_, n) => `k${n}: 1`).join('\n');
  const begun = process.threadCpuUsage();
  expect(nodeRolesIn(keys)).toEqual([]);
  const { user, system } = process.threadCpuUsage(begun);
  expect((user + system) / 1_000).toBeLessThan(1_500);
});

it('is read by its name in kube-system, and no roles are there where the ConfigMap is not', async () => {
  const { client, received } = await apiWith({ body: { data: { mapRoles: MAP_ROLES } } }, status(404, 'not found'));
  expect(await client.nodeRoles()).toEqual([ROLE]);
  expect(await client.nodeRoles()).toEqual([]);
  expect(received[0]).toMatchObject({ method: 'GET', url: '/api/v1/namespaces/kube-system/configmaps/aws-auth' });
});

const opened = (nodeRoles: () => Promise<string[]>) => async () =>
  ({ nodeRoles }) as Partial<KubernetesClient> as KubernetesClient;

it('maps a role whatever its path and the case of its name, as EKS does, and asks each cluster once', async () => {
  let asked = 0;
  const mapsRole = mapsRoleBy(
    opened(async () => {
      asked += 1;
      return [ROLE, 'arn:aws:iam::111122223333:role/with/path'];
    }),
  );
  expect(await mapsRole('shop', ROLE.replace('role/', 'role/team/eks/'))).toBe(true);
  expect(
    await mapsRole('shop', ROLE.toUpperCase().replace('ARN:AWS:IAM', 'arn:aws:iam').replace('ROLE/', 'role/')),
  ).toBe(true);
  expect(await mapsRole('shop', 'arn:aws:iam::111122223333:role/bastion')).toBe(false);
  // The ConfigMap must not name a path, so such an item lets nobody in.
  expect(await mapsRole('shop', 'arn:aws:iam::111122223333:role/with/path')).toBe(false);
  expect(await mapsRole('shop', 'arn:aws:iam::999999999999:role/legacy-NodeInstanceRole')).toBe(false);
  expect(asked).toBe(1);
});

it('cannot tell where the cluster is closed, or does not let the ConfigMap be read', async () => {
  expect(await mapsRoleBy(async () => ({ refused: 'private endpoint' }))('shop', ROLE)).toBeUndefined();
  const { client } = await apiWith(status(403, 'forbidden'));
  expect(await mapsRoleBy(async () => client)('shop', ROLE)).toBeUndefined();
});
