import { expect, it } from 'vitest';
import { decideOtherHosts, type FargateProfiles } from './other-hosts.ts';

const profiles = (...found: string[]): FargateProfiles => ({ kind: 'found', found });
const unreadable = (isThrottled: boolean): FargateProfiles => ({
  kind: 'unreadable',
  code: 'AccessDeniedException',
  error: 'AccessDeniedException: no',
  isThrottled,
});
const HYBRID = { remoteNetworkConfig: { remoteNodeNetworks: [{ cidrs: ['10.0.0.0/16'] }] } };

it.each<[string, Parameters<typeof decideOtherHosts>[0], FargateProfiles, RegExp]>([
  ['nothing', { computeConfig: { enabled: false }, remoteNetworkConfig: {} }, profiles(), /^done no-other-hosts/],
  ['Auto Mode', { computeConfig: { enabled: true, nodePools: ['b', 'a'] } }, profiles(), /^skipped .*nodes \(a, b\)/],
  ['Auto Mode without its pools', { computeConfig: { enabled: true } }, profiles(), /^skipped .*runs nodes: EKS/],
  ['Fargate', {}, profiles('web'), /^skipped .*\(1 profile: web\)/],
  ['hybrid nodes', HYBRID, profiles(), /^skipped .*hybrid nodes/],
  ['profiles that cannot be read', {}, unreadable(false), /^skipped .*cannot be read: AccessDeniedException: no\./],
  ['a cluster that is being deleted', {}, { kind: 'gone' }, /^done/],
])('tells of %s', (_, cluster, of, expected) => {
  const { decision, reason, message } = decideOtherHosts(cluster, of) ?? {};
  expect(`${decision} ${reason} ${message}`).toMatch(expected);
});

it('tells nothing while AWS is slow, and the same of the same profiles in another order', () => {
  expect(decideOtherHosts(HYBRID, unreadable(true))).toBeUndefined();
  expect(decideOtherHosts({}, profiles('a', 'b'))).toEqual(decideOtherHosts({}, profiles('b', 'a')));
});
