import { expect, it } from 'vitest';
import { pinnedParameter } from '../shared/releases/ami-type.ts';
import { compareVersions, imageNamed, selectionOf, versionOfRelease } from './alias.ts';
import { codeOwnerOf } from './code-owner.ts';

it.each([
  [[{ alias: 'al2023@latest' }], { kind: 'floats', family: 'al2023' }],
  [[{ alias: 'al2023@v20260714' }], { kind: 'pins', family: 'al2023', version: 'v20260714' }],
  [[{ alias: 'bottlerocket@1.42.0' }], { kind: 'pins', family: 'bottlerocket', version: 'v1.42.0' }],
  [[{ alias: 'windows2022@latest' }], { kind: 'other-alias', alias: 'windows2022@latest' }],
  [[{ alias: 'al2023@whatever' }], { kind: 'other-alias', alias: 'al2023@whatever' }],
  [[{ id: 'ami-1' }], { kind: 'custom' }],
  [[{ alias: 'al2023@latest' }, { id: 'ami-1' }], { kind: 'custom' }],
  [[], { kind: 'custom' }],
])('terms %j are read', (terms, expected) => {
  expect(selectionOf(terms)).toEqual(expected);
});

it.each([
  ['amazon-eks-node-al2023-arm64-standard-1.33-v20260714', 'al2023', 'v20260714', 'AL2023_ARM_64_STANDARD'],
  ['amazon-eks-node-al2023-x86_64-nvidia-1.33-v20260714', 'al2023', 'v20260714', 'AL2023_x86_64_NVIDIA'],
  ['bottlerocket-aws-k8s-1.33-aarch64-v1.42.0-ca9b9399', 'bottlerocket', 'v1.42.0', 'BOTTLEROCKET_ARM_64'],
  ['bottlerocket-aws-k8s-1.33-nvidia-x86_64-v1.42.0-ca9b9399', 'bottlerocket', 'v1.42.0', 'BOTTLEROCKET_x86_64_NVIDIA'],
])('the AMI %s is read', (name, family, version, amiType) => {
  expect(imageNamed(name)).toEqual({ family, version, amiType, kubernetesVersion: '1.33' });
});

it('an AMI of any other name is of no release', () => {
  for (const name of ['', 'golden-al2023-v1', 'bottlerocket-aws-k8s-1.33-fips-x86_64-v1.42.0-ca9b9399']) {
    expect(imageNamed(name), name).toBeUndefined();
  }
});

it('versions are ordered by number, and a release names its own', () => {
  expect(compareVersions('v1.9.0', 'v1.42.0')).toBeLessThan(0);
  expect(compareVersions('v20260714', 'v20260625')).toBeGreaterThan(0);
  expect(versionOfRelease('al2023', '1.33.13-20260714')).toBe('v20260714');
  expect(versionOfRelease('bottlerocket', '1.42.0-ca9b9399')).toBe('v1.42.0');
});

it('the parameter of one release is the one that Karpenter reads', () => {
  const pair = (amiType: string) => ({ kubernetesVersion: '1.33', amiType });
  expect(pinnedParameter(pair('AL2023_ARM_64_STANDARD'), 'v20260714')).toBe(
    '/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/arm64/standard/amazon-eks-node-al2023-arm64-standard-1.33-v20260714/image_id',
  );
  expect(pinnedParameter(pair('BOTTLEROCKET_x86_64_NVIDIA'), 'v1.42.0')).toBe(
    '/aws/service/bottlerocket/aws-k8s-1.33-nvidia/x86_64/1.42.0/image_id',
  );
  expect(pinnedParameter(pair('WINDOWS_CORE_2022_x86_64'), 'v1')).toBeUndefined();
});

const object = (more: object) => ({ labels: {}, annotations: {}, managers: [], ...more });
const manager = (name: string, applies: boolean, ownsTerms: boolean) => ({
  managers: [{ manager: name, applies, ownsTerms }],
});

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const lastApplied = (spec: object) => JSON.stringify({ kind: 'EC2NodeClass', spec });

it.each<[string | undefined, object]>([
  ['Argo CD', { annotations: { 'argocd.argoproj.io/tracking-id': 'x' } }],
  ['Flux', { labels: { 'kustomize.toolkit.fluxcd.io/name': 'x' } }],
  ['Flux', { labels: { 'helm.toolkit.fluxcd.io/name': 'x' } }],
  ['Helm', { annotations: { 'meta.helm.sh/release-name': 'x' } }],
  ['Helm', { labels: { 'app.kubernetes.io/managed-by': 'Helm' } }],
  ['Argo CD', manager('argocd-controller', true, false)],
  ['Terraform', manager('Terraform', false, false)],
  ['a manifest that kubectl-client-side-apply applied', manager('kubectl-client-side-apply', false, true)],
  ['a manifest that ci applied', manager('ci', true, true)],
  [undefined, manager('kubectl-client-side-apply', false, false)],
  ['Crossplane', manager('crossplane-kubernetes-provider', false, true)],
  ['kro', { labels: { 'kro.run/owned': 'true' } }],
  ['kapp', { labels: { 'kapp.k14s.io/app': '1557433075084066000' } }],
  ['an ApplySet', { labels: { 'applyset.kubernetes.io/part-of': 'applyset-x-v1' } }],
  ['Config Sync', { annotations: { 'configmanagement.gke.io/managed': 'enabled' } }],
  ['its controller Platform main', { controller: 'Platform main' }],
  [
    `a manifest that was applied (${LAST_APPLIED})`,
    { ...manager('kubectl-edit', false, true), annotations: { [LAST_APPLIED]: lastApplied({ amiSelectorTerms: [] }) } },
  ],
  [undefined, { annotations: { [LAST_APPLIED]: lastApplied({ role: 'nodes' }) } }],
  [undefined, { annotations: { [LAST_APPLIED]: '{"spec":' } }],
  [undefined, manager('kubectl-edit', false, true)],
  [undefined, { labels: { 'app.kubernetes.io/instance': 'karpenter' } }],
])('%s keeps %j as code', (owner, more) => {
  expect(codeOwnerOf(object(more))).toBe(owner);
});
