import type { CertificateAuthority } from '@aws-sdk/client-eks';
import { describe, expect, it } from 'vitest';
import { bundleOf, certificate } from '../shared/fleet/certificates.fixture.ts';
import { embeddedIn } from '../shared/fleet/embedded-authority.ts';
import { decideUserData, judgeSource, mayLackTrust } from './decide-user-data.ts';
import type { GroupLaunches, LaunchSource, UnreadSource } from './group-launches.ts';
import { type Rotation, rotationOf } from './rotation.ts';

const [OLD, NEW, OTHER] = ['old', 'new', 'other'].map(certificate) as [string, string, string];
const BUNDLE = bundleOf(OLD, NEW);
const authority = (id: string, data: string | undefined, createdAt: string): CertificateAuthority => ({
  id,
  ...(data !== undefined && { data }),
  createdAt: new Date(createdAt),
  distributionStatus: 'COMPLETE',
});
const rotationOfBoth = (old: string | undefined = OLD, successor: string | undefined = NEW): Rotation => {
  const all = [authority('first', old, '2018-07-01'), authority('second', successor, '2026-07-01')];
  const rotation = rotationOf(all);
  if (rotation === undefined) throw new Error('No rotation.');
  return rotation;
};
const ROTATION = rotationOfBoth();

const source = (script: string, others: Partial<LaunchSource> = {}): LaunchSource => ({
  kind: 'template',
  name: 'version 3 of launch template batch-nodes (lt-1)',
  id: 'lt-1 3',
  details: { templateId: 'lt-1', version: 3 },
  userData: embeddedIn(Buffer.from(script).toString('base64')),
  ...others,
});
const unread = (isThrottled: boolean): UnreadSource => ({
  kind: 'unread',
  why: 'It is not read.',
  code: 'x',
  isThrottled,
});
const group = (...sources: GroupLaunches['sources']): GroupLaunches => ({
  cluster: 'shop',
  nodegroup: 'self-managed:batch',
  sources,
});
const bootstrap = (value: string) => `/etc/eks/bootstrap.sh shop --b64-cluster-ca ${value}\n`;

describe('user data of a group', () => {
  it('with only the former authority is told, with the template, the key and the value to put there', () => {
    expect(decideUserData(group(source(bootstrap(OLD))), ROTATION, BUNDLE)).toEqual({
      decision: 'refused',
      reason: 'authority-in-user-data',
      message:
        'User data in version 3 of launch template batch-nodes (lt-1) holds a former certificate authority of the cluster, and not the newest: --b64-cluster-ca of bootstrap.sh. Put there what EKS gives, with both authorities (details.value).',
      variant: 'second lt-1 3 former --b64-cluster-ca of bootstrap.sh true',
      details: { templateId: 'lt-1', version: 3, keys: ['--b64-cluster-ca of bootstrap.sh'], value: BUNDLE },
    });
  });

  it('is told with the tool that manages the template, and without a value that EKS does not give yet', () => {
    const owned = source(bootstrap(OLD), { codeOwner: 'Terraform' });
    const decision = decideUserData(group(owned), ROTATION, OLD);
    expect(decision?.message).toMatch(/managed by Terraform\. EKS does not give a value with both authorities yet\.$/);
    expect(decision?.details).not.toHaveProperty('value');
    expect(decideUserData(group(owned), ROTATION, undefined)?.details).not.toHaveProperty('value');
  });

  it('is told with the launch configuration, and the tool that manages its group', () => {
    const configuration = source(bootstrap(OLD), {
      kind: 'launch-configuration',
      name: 'launch configuration batch',
      id: 'batch',
      details: { launchConfiguration: 'batch' },
      codeOwner: 'CloudFormation',
    });
    const decision = decideUserData(group(configuration), ROTATION, BUNDLE);
    expect(decision?.message).toMatch(/^User data in launch configuration batch holds a former certificate authority/);
    expect(decision?.message).toContain(' The group is managed by CloudFormation. Put there');
    expect(decision?.details).toEqual({
      launchConfiguration: 'batch',
      keys: ['--b64-cluster-ca of bootstrap.sh'],
      value: BUNDLE,
    });
  });

  it('is told where any of its templates holds it', () => {
    const decision = decideUserData(group(unread(true), source('true'), source(bootstrap(OLD))), ROTATION, BUNDLE);
    expect(decision?.reason).toBe('authority-in-user-data');
  });

  it('is told of an authority that EKS does not list, under a key of the cluster only', () => {
    const decision = decideUserData(group(source(bootstrap(OTHER))), ROTATION, BUNDLE);
    expect(decision?.message).toMatch(/holds a certificate authority that EKS does not list for the cluster: --b64/);
    const proxy = `PROXY_CA=${OTHER}\n`;
    expect(decideUserData(group(source(proxy)), ROTATION, BUNDLE)?.reason).toBe('user-data-trusts');
  });

  it('trusts with the newest authority, alone or in a bundle, and with none', () => {
    for (const script of [bootstrap(BUNDLE), bootstrap(NEW), '#!/bin/bash\n/etc/eks/bootstrap.sh shop\n', '']) {
      expect(decideUserData(group(source(script)), ROTATION, BUNDLE)).toMatchObject({ reason: 'user-data-trusts' });
    }
    expect(decideUserData(group(source(`${bootstrap(BUNDLE)}A=${OLD}`)), ROTATION, BUNDLE)?.details?.keys).toEqual([
      'a value under no known key',
    ]);
  });

  it('is said as doubt where it could not be read or searched, or EKS tells no certificates', () => {
    expect(decideUserData(group(unread(false)), ROTATION, BUNDLE)).toMatchObject({
      reason: 'user-data-unknown',
      message: 'It is not read.',
    });
    expect(decideUserData(group(unread(true)), ROTATION, BUNDLE)).toBeUndefined();
    const packed = source('', { userData: { unsearchable: 'cannot be decompressed' } });
    expect(decideUserData(group(packed), ROTATION, BUNDLE)?.message).toMatch(/\(lt-1\) cannot be decompressed\.$/);
    for (const blind of [rotationOfBoth(''), rotationOfBoth(OLD, '')]) {
      expect(decideUserData(group(source(bootstrap(OLD))), blind, BUNDLE)?.reason).toBe('user-data-unknown');
      expect(decideUserData(group(source('true')), blind, BUNDLE)?.reason).toBe('user-data-trusts');
    }
  });

  it('lacks trust still once EKS has removed the former authority, and is in doubt where no key says whose it was', () => {
    const ended = rotationOf([authority('second', NEW, '2026-07-01')])!;
    const told = (script: string) => decideUserData(group(source(script)), ended, bundleOf(NEW));
    expect(told(bootstrap(OLD))).toMatchObject({ decision: 'refused', reason: 'authority-in-user-data' });
    expect(told(bootstrap(OLD))?.message).toContain('holds a certificate authority that EKS does not list');
    expect(told(bootstrap(BUNDLE))?.reason).toBe('user-data-trusts');
    expect(told('true')?.reason).toBe('user-data-trusts');
    expect(told(Buffer.from(OLD, 'base64').toString())?.reason).toBe('user-data-unknown');
  });

  it('lets the next nodes lack trust only where that is known', () => {
    expect(mayLackTrust(group(source(bootstrap(OLD))), ROTATION)).toBe(true);
    expect(mayLackTrust(group(source(bootstrap(OTHER))), ROTATION)).toBe(true);
    expect(mayLackTrust(group(source(bootstrap(BUNDLE)), unread(false)), ROTATION)).toBe(false);
    expect(judgeSource(unread(false), ROTATION).kind).toBe('unknown');
  });
});
