import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { loadAllYaml } from '@kubernetes/client-node';
import { describe, expect, it } from 'vitest';
import { INSTALLER, installerDaemonSet } from '../functions/manage-ssm-agent/install/index.ts';
import {
  DRAIN_KUBERNETES_GROUP,
  HOSTS_KUBERNETES_GROUP,
  IDENTITY_KUBERNETES_GROUP,
  KUBERNETES_GROUP,
  NODE_CLASS_KUBERNETES_GROUP,
  POSTURE_KUBERNETES_GROUP,
  QUARANTINE_KUBERNETES_GROUP,
  REFRESH_KUBERNETES_GROUP,
  rbacManifest,
  UPGRADE_KUBERNETES_GROUP,
} from './rbac.ts';
import { unknownFields } from './unknown-fields.fixture.ts';

const manifest = rbacManifest();
const rules = manifest.flatMap(({ kind, metadata, rules = [] }) => {
  if (!Array.isArray(rules)) throw new TypeError(`${kind} has rules that are no list`);
  return rules.map((rule) => ({ kind, role: metadata.name, ...rule }));
});

/** The rules that the bindings give to a group. */
const rulesOf = (group: string) => {
  const bound = manifest.filter(({ subjects }) => JSON.stringify(subjects ?? []).includes(`"name":"${group}"`));
  const names = bound.map(({ roleRef }) => JSON.stringify(roleRef));
  return rules
    .filter(({ kind, role }) => names.some((ref) => ref.includes(`"${kind}"`) && ref.includes(`"${role}"`)))
    .map(({ role: _role, ...rule }) => rule);
};

describe('the rights in a cluster', () => {
  it('let manage-ssm-agent list nodes, and keep one DaemonSet in one namespace', () => {
    expect(rulesOf(KUBERNETES_GROUP)).toEqual([
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

  it('let quarantine-workers change nodes and evict pods, and not even read anything else', () => {
    expect(rulesOf(QUARANTINE_KUBERNETES_GROUP)).toEqual([
      { kind: 'ClusterRole', apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'patch'] },
      { kind: 'ClusterRole', apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { kind: 'ClusterRole', apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
      {
        kind: 'Role',
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['aws-auth'],
        verbs: ['get'],
      },
    ]);
  });

  it('let terminate-workers see nodes and the roles of nodes, and nothing else', () => {
    expect(rulesOf(IDENTITY_KUBERNETES_GROUP)).toEqual([
      { kind: 'ClusterRole', apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list'] },
      {
        kind: 'Role',
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['aws-auth'],
        verbs: ['get'],
      },
    ]);
  });

  it('let check-posture list pods, and nothing else', () => {
    expect(rulesOf(POSTURE_KUBERNETES_GROUP)).toEqual([
      { kind: 'ClusterRole', apiGroups: [''], resources: ['pods'], verbs: ['list'] },
    ]);
  });

  it('let upgrade-node-groups list nodes, pods and disruption budgets, and nothing else', () => {
    expect(rulesOf(UPGRADE_KUBERNETES_GROUP)).toEqual([
      { kind: 'ClusterRole', apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['list'] },
      { kind: 'ClusterRole', apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
    ]);
  });

  it('let refresh-groups list nodes and pods, and nothing else', () => {
    expect(rulesOf(REFRESH_KUBERNETES_GROUP)).toEqual([
      { kind: 'ClusterRole', apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['list'] },
    ]);
  });

  it('let watch-hosts list nodes, pods and disruption budgets, and nothing else', () => {
    expect(rulesOf(HOSTS_KUBERNETES_GROUP)).toEqual([
      { kind: 'ClusterRole', apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['list'] },
      { kind: 'ClusterRole', apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
    ]);
  });

  it('let upgrade-node-groups create evictions only where that is asked for', () => {
    const more = rbacManifest({ evictions: true }).flatMap((object, index) =>
      JSON.stringify(object) === JSON.stringify(manifest[index]) ? [] : [object],
    );
    expect(more).toMatchObject([
      {
        kind: 'ClusterRole',
        metadata: { name: UPGRADE_KUBERNETES_GROUP },
        rules: [{}, {}, { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] }],
      },
    ]);
  });

  it('let steer-node-classes change EC2NodeClasses only where that is asked for', () => {
    const rulesOf = (options: object) =>
      rbacManifest(options).find(
        ({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === NODE_CLASS_KUBERNETES_GROUP,
      )?.rules;
    const seen = { apiGroups: ['karpenter.sh'], resources: ['nodepools', 'nodeclaims'], verbs: ['list'] };
    const classes = { apiGroups: ['karpenter.k8s.aws'], resources: ['ec2nodeclasses'] };
    const unwell = { apiGroups: [''], resources: ['nodes', 'pods'], verbs: ['list'] };
    expect(rulesOf({})).toEqual([unwell, seen, { ...classes, verbs: ['list'] }]);
    expect(rulesOf({ nodeClasses: true })).toEqual([unwell, seen, { ...classes, verbs: ['list', 'patch'] }]);
  });

  it('let drain-nodes cordon nodes and evict pods only where that is asked for', () => {
    const more = rbacManifest({ drains: true }).slice(manifest.length);
    expect(rbacManifest({ drains: true }).slice(0, manifest.length)).toEqual(manifest);
    expect(more).toMatchObject([
      {
        kind: 'ClusterRole',
        metadata: { name: DRAIN_KUBERNETES_GROUP },
        rules: [
          { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'patch'] },
          { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
          { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
          { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: ['list'] },
        ],
      },
      { kind: 'ClusterRoleBinding', subjects: [{ kind: 'Group', name: DRAIN_KUBERNETES_GROUP }] },
    ]);
  });

  it('have no wildcard, no secrets, and no way to more rights', () => {
    expect(JSON.stringify(rules)).not.toMatch(/\*|secrets|escalate|impersonate|bind|exec|serviceaccounts/);
  });

  it.each([
    ['ClusterRole', 'eks-host-remediator-nodes', KUBERNETES_GROUP],
    ['Role', INSTALLER.name, KUBERNETES_GROUP],
    ['ClusterRole', QUARANTINE_KUBERNETES_GROUP, QUARANTINE_KUBERNETES_GROUP],
    ['ClusterRole', IDENTITY_KUBERNETES_GROUP, IDENTITY_KUBERNETES_GROUP],
    ['ClusterRole', POSTURE_KUBERNETES_GROUP, POSTURE_KUBERNETES_GROUP],
    ['ClusterRole', UPGRADE_KUBERNETES_GROUP, UPGRADE_KUBERNETES_GROUP],
    ['ClusterRole', REFRESH_KUBERNETES_GROUP, REFRESH_KUBERNETES_GROUP],
  ])('of the %s %s go to the group %s, by its name', (kind, name, group) => {
    const found = manifest.filter(({ metadata }) => metadata.name === name);
    expect(found.map((object) => object.kind)).toEqual([kind, `${kind}Binding`]);
    expect(found[1]).toMatchObject({
      roleRef: { kind, name, apiGroup: 'rbac.authorization.k8s.io' },
      subjects: [{ kind: 'Group', name: group, apiGroup: 'rbac.authorization.k8s.io' }],
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
      const elsewhere = own.name.endsWith('-aws-auth') ? 'kube-system' : metadata.namespace;
      expect(own.namespace).toBe(kind.startsWith('Cluster') ? undefined : elsewhere);
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
