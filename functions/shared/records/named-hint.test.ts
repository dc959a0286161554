import { expect, it } from 'vitest';
import { namedHint } from './named-hint.ts';

const HINT =
  'npx eks-host-remediator approve RESOURCE --why "…", or aws eks describe-nodegroup --region REGION --cluster-name CLUSTER --nodegroup-name NODEGROUP.';
const AT = { region: 'eu-central-1', updateId: 'u-1' };

it.each([
  [
    'a node group',
    { cluster: 'shop', nodegroup: 'web' },
    'approve shop/web --why "…"',
    '--region eu-central-1 --cluster-name shop --nodegroup-name web.',
  ],
  [
    'a worker',
    { cluster: 'shop', nodegroup: 'web', instance: 'i-0abc' },
    'approve i-0abc --why',
    '--nodegroup-name web.',
  ],
  ['a cluster', { cluster: 'shop' }, 'approve shop --why', '--cluster-name shop --nodegroup-name NODEGROUP.'],
  ['the account', {}, 'approve RESOURCE --why', '--cluster-name CLUSTER'],
])('names %s', (_, subject, ...parts) => {
  for (const part of parts) expect(namedHint(HINT, subject, AT)).toContain(part);
});

it('quotes what a shell would take for more than a name: tags may say anything', () => {
  const hint = namedHint(HINT, { cluster: 'shop', nodegroup: `a b$(reboot)'; rm` }, AT);
  expect(hint).toContain(`approve 'shop/a b$(reboot)'\\''; rm' --why`);
});

it('names nothing that a command would take for an option', () => {
  const named = (cluster: string) => namedHint('approve RESOURCE, describe-cluster --name CLUSTER', { cluster }, AT);
  expect(named('--stack=evil')).toBe('approve RESOURCE, describe-cluster --name CLUSTER');
});

it('names an update that is known', () => {
  expect(namedHint('--update-id UPDATE_ID', {}, AT)).toBe('--update-id u-1');
  expect(namedHint('--update-id UPDATE_ID', {}, { region: 'r', updateId: 7 })).toBe('--update-id UPDATE_ID');
});

it('names a version of Kubernetes that is known', () => {
  expect(namedHint('--kubernetes-version VERSION', {}, { ...AT, kubernetesVersion: '1.33' })).toMatch(/1\.33$/);
  expect(namedHint('--kubernetes-version VERSION', {}, AT)).toMatch(/VERSION$/);
});

it('names no part of another word, and puts nothing into a name that was put in', () => {
  expect(namedHint('UNMANAGED_EC2_INSTANCE', { instance: 'i-0abc' }, AT)).toBe('UNMANAGED_EC2_INSTANCE');
  expect(namedHint('RESOURCE', { cluster: 'CLUSTER', nodegroup: 'REGION' }, AT)).toBe('CLUSTER/REGION');
});
