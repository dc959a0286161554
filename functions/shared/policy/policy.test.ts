import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../policy-document.ts';
import { REMEDIATIONS } from '../../remediations.ts';
import { upgradeNodeGroups } from '../../upgrade-node-groups/remediation.ts';
import type { Remediation } from '../declaration/remediation.ts';
import { isInvalid, parseDocument, policySchema } from './policy.ts';

const HOUR = 3_600_000;

describe('parsePolicy', () => {
  it('takes an empty document for a good one', () => {
    expect(parsePolicy('{}', 'enforce')).toMatchObject({
      killSwitch: false,
      scope: {},
      upgrades: {
        mode: 'enforce',
        bakeAge: 24 * HOUR,
        urgent: { bakeAge: 2 * HOUR, ignoreWindows: false },
        windows: [],
        concurrency: { perCluster: 1, perAccount: 5 },
        stopAfterFailures: 3,
        retryAfter: HOUR,
        force: false,
        image: { mode: 'observe', wanted: null, templates: 'propose' },
      },
      ssmAgent: {
        mode: 'enforce',
        graceTime: HOUR / 12,
        remedies: {
          attachPolicy: 'enforce',
          defaultHostManagement: 'off',
          updateAgent: 'enforce',
          installAgent: 'enforce',
          installWhenUnsure: 'off',
        },
        agentPolicy: 'AmazonSSMManagedEC2InstanceDefaultPolicy',
        cureWithin: {
          attachPolicy: 1.25 * HOUR,
          defaultHostManagement: 1.25 * HOUR,
          installAgent: HOUR / 2,
          updateAgent: HOUR / 2,
        },
        attempts: 3,
        retryAfter: HOUR / 2,
        installerImage: 'public.ecr.aws/amazonlinux/amazonlinux:2023',
      },
      quarantine: {
        mode: 'enforce',
        exposure: 'address',
        respond: 'isolate',
        publicByDesign: { exposedShare: 50, revokeIngress: 'off', closeSubnets: 'off', allowedIngress: [] },
        concurrency: { perGroup: 1, perCluster: 3, perAccount: 10 },
        drain: { cordon: true, evict: false, within: HOUR / 12 },
        snapshots: false,
        terminationProtection: false,
        allowSystemsManager: false,
        expireAfter: 7 * 24 * HOUR,
        onExpiry: 'alarm',
      },
      posture: { mode: 'observe', every: 7 * 24 * HOUR, sample: 1, waivers: [] },
      notifications: {
        mode: 'enforce',
        minimumSeverity: 'low',
        decisions: ['acted', 'refused', 'failed'],
        securityHub: 'off',
      },
      findings: {
        mode: 'enforce',
        severityFloor: 'HIGH',
        urgent: { severity: 'CRITICAL', epss: 0.1 },
        enableInspector: 'off',
      },
    });
  });

  it('takes the mode from the stage unless the document says otherwise', () => {
    expect(parsePolicy('{}', 'observe')).toMatchObject({ upgrades: { mode: 'observe' } });
    expect(parsePolicy('{"upgrades":{"mode":"off"}}', 'observe')).toMatchObject({ upgrades: { mode: 'off' } });
  });

  it.each([
    ['{', 'not JSON'],
    ['[]', 'must be an object: write { }, not a list'],
    ['', 'not JSON'],
    ['{"killswitch":true}', 'killswitch: unknown key, remove it or correct its spelling. Did you mean "killSwitch"?'],
    [
      '{"upgrades":{"bakeage":"1h"}}',
      'upgrades.bakeage: unknown key, remove it or correct its spelling. Did you mean "bakeAge"?',
    ],
    ['{"upgrades":{"stopAfterFailures":"3"}}', 'upgrades.stopAfterFailures: must be a number: write 3, without quotes'],
    ['{"upgrades":{"bakeAge":"1 day"}}', 'upgrades.bakeAge: must be a whole number with a unit'],
    ['{"upgrades":{"mode":"Enforce"}}', 'upgrades.mode: '],
    [
      '{"quarantine":{"expireAfter":"1h","drain":{"evict":true,"within":"2h"}}}',
      'quarantine.drain.within: must be less than expireAfter',
    ],
    ['{"upgrades":{"concurrency":{"perCluster":0}}}', 'upgrades.concurrency.perCluster: '],
    ['{"upgrades":{"windows":[{"cron":"0 22 * * *"}]}}', 'upgrades.windows.0.duration: '],
    ['{"scope":{"clusters":[]}}', 'scope.clusters: '],
    ['{"scope":{"clusters":["a/b"]}}', 'scope.clusters.0: must be a cluster name'],
    ['{"scope":{"accounts":["12"]}}', 'scope.accounts.0: must be a 12-digit AWS account id'],
    [
      '{"quarantine":{"expireAfter":"0d","onExpiry":"terminate"}}',
      'quarantine.expireAfter: must be at least 1h: a worker would be given up, or terminated',
    ],
    ['{"quarantine":{"drain":{"within":"0m"}}}', 'quarantine.drain.within: must be at least 1m'],
    ['{"upgrades":{"retryAfter":"0m"}}', 'upgrades.retryAfter: must be at least 5m'],
    ['{"ssmAgent":{"graceTime":"0m"}}', 'ssmAgent.graceTime: must be at least 1m'],
    ['{"ssmAgent":{"retryAfter":"0h"}}', 'ssmAgent.retryAfter: must be at least 1m'],
    ['{"ssmAgent":{"cureWithin":"0m"}}', 'ssmAgent.cureWithin: '],
    [
      '{"overrides":[{"name":"x","match":{"clusters":["*"]},"quarantine":{"expireAfter":"0d"}}]}',
      'overrides.0.quarantine.expireAfter: must be at least 1h',
    ],
    ['{"killSwitch":"true"}', 'killSwitch: '],
    ['{"upgrades":{"image":{"wanted":{}}}}', 'upgrades.image.wanted: must have either ssmParameter, or owners'],
    [
      '{"upgrades":{"image":{"wanted":{"ssmParameter":"/a","architecture":"arm64"}}}}',
      'upgrades.image.wanted: must have either',
    ],
    [
      '{"upgrades":{"image":{"wanted":{"owners":["self"],"namePattern":"golden-*"}}}}',
      'upgrades.image.wanted: must have',
    ],
    [
      '{"upgrades":{"image":{"wanted":{"ssmParameter":"/a:1"}}}}',
      'upgrades.image.wanted.ssmParameter: must be the full',
    ],
    ['{"upgrades":{"image":{"wanted":{"namePattern":"*"}}}}', 'upgrades.image.wanted.namePattern: must be the name'],
    ['{"upgrades":{"image":{"wanted":{"owners":["me"]}}}}', 'upgrades.image.wanted.owners.0: must be self, amazon'],
    ['{"upgrades":{"image":{"wanted":{"name":"x"}}}}', 'upgrades.image.wanted.name: unknown key'],
    [
      '{"overrides":[{"name":"x","match":{"tags":{"a":"b"}},"upgrades":{"image":{"wanted":{"ssmParameter":"/a"}}}}]}',
      'overrides.0.upgrades.image.wanted: cannot be changed so by tags',
    ],
  ])('refuses %s and says why', (text, fault) => {
    const policy = parsePolicy(text, 'enforce');
    expect(isInvalid(policy) && policy.error).toContain(fault);
  });

  it.each([
    { ssmParameter: '/images/eks/{kubernetesVersion}/al2023' },
    { owners: ['self', '111122223333'], namePattern: 'golden eks {kubernetesVersion} *', architecture: 'arm64' },
  ])('takes %j for an AMI that is wanted', (wanted) => {
    const policy = parsePolicy(JSON.stringify({ upgrades: { image: { wanted } } }), 'enforce');
    expect(policy).toMatchObject({ upgrades: { image: { mode: 'observe', wanted } } });
  });

  it('names every fault, not only the first', () => {
    const policy = parsePolicy('{"killSwitch":1,"upgrades":{"force":"yes"}}', 'enforce');
    expect(isInvalid(policy) && policy.error).toMatch(/killSwitch: .*; upgrades\.force: /);
  });
});

describe('what a function reads of it', () => {
  const { reads, section } = upgradeNodeGroups.policy;
  const names = REMEDIATIONS.flatMap((each: Remediation) => each.policy?.section ?? []);
  const readBy = (text: string) => parseDocument(text, policySchema('enforce', reads, names));

  it('is its own section with what holds for all, as the whole document gives them', () => {
    const whole = parsePolicy('{"killSwitch":true,"upgrades":{"force":true}}', 'enforce');
    expect(whole).toMatchObject(readBy('{"killSwitch":true,"upgrades":{"force":true}}'));
    expect(readBy('{}')).toHaveProperty(section);
  });

  it.each([
    ['another section is wrong', '{"quarantine":{"expireAfter":"soon"},"ssmAgent":1}'],
    ['what it does not go by is wrong in a section that it goes by in part', '{"findings":{"severityFloor":"BAD"}}'],
  ])('stands where %s', (_, text) => {
    expect(isInvalid(readBy(text))).toBe(false);
    expect(isInvalid(parsePolicy(text, 'enforce'))).toBe(true);
  });

  it.each([
    ['{"upgrades":{"force":"yes"}}', 'upgrades.force: '],
    ['{"findings":{"mode":"on"}}', 'findings.mode: '],
    ['{"killSwitch":1}', 'killSwitch: '],
    ['{"scope":{"clusters":[]}}', 'scope.clusters: '],
    ['{"quarantines":{}}', 'quarantines: unknown key'],
    ['{"upgrades":{"__proto__":{}}}', 'upgrades.__proto__: unknown key'],
    [
      '{"overrides":[{"name":"a","match":{"tags":{"team":"web","__proto__":"x"}},"upgrades":{"mode":"off"}}]}',
      'overrides.0.match.tags.__proto__: no member can have this name, remove it',
    ],
    ['{', 'not JSON'],
  ])('is refused for %s', (text, fault) => {
    const policy = readBy(text);
    expect(isInvalid(policy) && policy.error).toContain(fault);
  });
});
