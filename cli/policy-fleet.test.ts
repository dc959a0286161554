import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../functions/policy-document.ts';
import { isInvalid } from '../functions/shared/policy/policy.ts';
import { fleetInLines, fleetReport } from './policy-fleet.ts';

function policyOf(document: object) {
  const policy = parsePolicy(JSON.stringify(document), 'enforce');
  if (isInvalid(policy)) throw new Error(policy.error);
  return policy;
}
const place = (name: string, tags = {}) => {
  const [cluster = '', nodegroup] = name.split('/');
  return { name, cluster, nodegroup, tags: [tags] };
};
const places = [place('prod'), place('prod/web'), place('test'), place('test/web', { team: 'a' })];
const linesOf = (proposed: object, inForce: object = {}, unread: string[] = []) =>
  fleetInLines(fleetReport(policyOf(proposed), policyOf(inForce), '111122223333', { places, unread }));

describe('what a policy means for a fleet', () => {
  it('is nothing where the document in place says the same', () => {
    expect(linesOf({ upgrades: { bakeAge: '24h' } })).toEqual([]);
  });

  it('is told override by override, and key by key with the places where it changes', () => {
    const overrides = [
      { name: 'prod', match: { clusters: ['prod*'] }, upgrades: { bakeAge: '3d', mode: 'observe' } },
      { name: 'team-a', match: { tags: { team: 'a' } }, quarantine: { concurrency: { perCluster: 1 } } },
      { name: 'nobody', match: { nodegroups: ['gone'] }, upgrades: { force: true } },
    ];
    expect(linesOf({ overrides, ssmAgent: { attempts: 2 } })).toEqual([
      'override prod fits prod, prod/web',
      'override team-a fits test/web',
      'warning: override nobody fits nothing that is there now',
      'upgrades.mode: "enforce" becomes "observe" for prod, prod/web',
      'upgrades.bakeAge: 1d becomes 3d for prod, prod/web',
      'ssmAgent.attempts: 3 becomes 2 for prod, prod/web, test, test/web',
      'quarantine.concurrency.perCluster: 3 becomes 1 for test/web',
    ]);
  });

  it.each<[string, object, object, string]>([
    ['IMDSv2', { imds: { mode: 'enforce' } }, { imds: { mode: 'off' } }, 'imds.mode: "off" becomes "enforce"'],
    [
      'shells',
      { shells: { sessions: { mode: 'enforce' } } },
      { shells: { sessions: { mode: 'off' } } },
      'shells.sessions.mode: "off" becomes "enforce"',
    ],
    [
      'posture',
      { posture: { mode: 'off' } },
      { posture: { mode: 'observe' } },
      'posture.mode: "observe" becomes "off"',
    ],
  ])('is told of sections that no override may change: %s', (_, proposed, inForce, line) => {
    expect(linesOf(proposed, inForce)).toEqual([`${line} for prod, prod/web, test, test/web`]);
  });

  it('tells what an override in place no longer does, what goes out of scope, and what could not be read', () => {
    const inForce = { overrides: [{ name: 'web', match: { nodegroups: ['web'] }, upgrades: { retryAfter: '90m' } }] };
    expect(linesOf({ scope: { clusters: ['prod'] } }, inForce, ['dev: AccessDeniedException: no'])).toEqual([
      'warning: not read, so nobody knows what fits there: dev: AccessDeniedException: no',
      'upgrades.retryAfter: 90m becomes 1h for prod/web, test/web',
      'in scope: true becomes false for test, test/web',
    ]);
  });

  it('warns of waves that hold no managed node group that takes releases, where all could be read', () => {
    const upgrades = { waves: ['canary', 'stage', 'prod'] };
    const overrides = [
      { name: 'c', match: { clusters: ['test'] }, upgrades: { wave: 'canary' } },
      { name: 's', match: { clusters: ['lab'] }, upgrades: { wave: 'stage' } },
    ];
    const warned = (document: object, unread: string[] = []) =>
      linesOf(document, document, unread).flatMap(
        (line) => /^warning: wave (\w+) has no managed/.exec(line)?.[1] ?? [],
      );
    expect(warned({ upgrades, overrides })).toEqual(['stage']);
    expect(warned({ upgrades, overrides, scope: { clusters: ['prod'] } })).toEqual(['canary', 'stage']);
    expect(warned({ upgrades: { ...upgrades, mode: 'off' }, overrides })).toEqual(['canary', 'stage', 'prod']);
    expect(warned({ upgrades, overrides }, ['dev: AccessDeniedException: no'])).toEqual([]);
  });

  it('tells where two overrides do not go together', () => {
    const overrides = [
      { name: 'short', match: { clusters: ['test'] }, quarantine: { expireAfter: '1h' } },
      { name: 'long', match: { nodegroups: ['web'] }, quarantine: { drain: { evict: true, within: '2h' } } },
    ];
    expect(linesOf({ overrides }).find((line) => line.startsWith('the policy there'))).toMatch(
      /nothing becomes "The overrides short, long do not go together: .*" for test\/web$/,
    );
  });
});
