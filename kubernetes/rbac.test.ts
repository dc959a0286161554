import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { loadAllYaml } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { INSTALLER, installerDaemonSet } from '../functions/manage-ssm-agent/install/index.ts';
import { KUBERNETES_GROUP, rbacManifest } from './rbac.ts';
import { unknownFields } from './unknown-fields.fixture.ts';

const rules = rbacManifest().flatMap(({ kind, rules = [] }) => {
  if (!Array.isArray(rules)) throw new TypeError(`${kind} has rules that are no list`);
  return rules.map((rule) => ({ kind, ...rule }));
});

describe('the rights in a cluster', () => {
  it('are just the calls of the client: list nodes, and keep one DaemonSet in one namespace', () => {
    expect(rules).toEqual([
      { kind: 'ClusterRole', apiGroups: [''], resources: ['nodes'], verbs: ['list'] },
      {
        kind: 'Role',
        apiGroups: ['apps'],
        resources: ['daemonsets'],
        resourceNames: [INSTALLER.name],
        verbs: ['get', 'create', 'patch', 'delete'],
      },
    ]);
  });

  it('have no wildcard, no secrets, and no way to more rights', () => {
    expect(JSON.stringify(rules)).not.toMatch(/\*|secrets|escalate|impersonate|bind|exec|serviceaccounts/);
  });

  it.each(['ClusterRole', 'Role'])('of the %s go to the group, by its name', (kind) => {
    const binding = rbacManifest().find((object) => object.kind === `${kind}Binding`);
    const role = rbacManifest().find((object) => object.kind === kind);
    expect(binding).toMatchObject({
      metadata: { name: role?.metadata.name },
      roleRef: { kind, name: role?.metadata.name, apiGroup: 'rbac.authorization.k8s.io' },
      subjects: [{ kind: 'Group', name: KUBERNETES_GROUP, apiGroup: 'rbac.authorization.k8s.io' }],
    });
  });

  it('hold where the installer lives, and its namespace lets it be privileged', () => {
    const [namespace, ...others] = rbacManifest();
    const { metadata } = installerDaemonSet({ nodeNames: ['a'], region: 'eu-central-1', image: 'image' });
    expect(namespace).toMatchObject({
      kind: 'Namespace',
      metadata: { name: metadata.namespace, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
    });
    for (const { kind, metadata: own } of others) {
      expect(own.namespace).toBe(kind.startsWith('Cluster') ? undefined : metadata.namespace);
    }
  });

  it.each(rbacManifest().map((object) => [object.kind, object]))('have no field unknown to a %s', (kind, object) => {
    expect(unknownFields(object, `V1${kind}`)).toEqual([]);
  });

  it('are printed as YAML, the namespace first', () => {
    const printed = spawnSync(process.execPath, [join(import.meta.dirname, 'print-rbac.ts')], { encoding: 'utf8' });
    expect(printed.stderr).toBe('');
    expect(loadAllYaml(printed.stdout)).toEqual(rbacManifest());
  });
});

describe('an unknown field', () => {
  it.each([
    ['rules', { rules: [{ apiGroups: [''], resource: ['nodes'], verbs: ['list'] }] }, 'rules[0].resource is unknown'],
    ['type', { rules: [{ verbs: 'list' }] }, 'rules[0].verbs is no list'],
    ['label', { metadata: { labels: { a: 1 } } }, 'metadata.labels.a is no string'],
  ])('is found: %s', (_, object, found) => {
    expect(unknownFields(object, 'V1Role')).toEqual([found]);
  });
});
