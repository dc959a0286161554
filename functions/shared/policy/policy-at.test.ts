import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { READS as SSM_AGENT } from '../../manage-ssm-agent/policy.ts';
import { parsePolicy } from '../../policy-document.ts';
import { READS as QUARANTINE } from '../../quarantine-workers/policy.ts';
import { READS as FINDINGS } from '../../triage-findings/policy.ts';
import { READS as UPGRADES } from '../../upgrade-node-groups/policy.ts';
import { valueAt } from './merge-override.ts';
import { isInvalid } from './policy.ts';
import { overridesIn, type Place, policyAt } from './policy-at.ts';
import { isNoLooser, STRICTNESS } from './strictness.ts';

const HOUR = 3_600_000;
const READS = { ...SSM_AGENT, ...QUARANTINE, ...FINDINGS, ...UPGRADES, findings: FINDINGS.findings };

const at = (document: object, place: Partial<Place> = {}) => {
  const parsed = parsePolicy(JSON.stringify(document), 'enforce');
  if (isInvalid(parsed)) throw new Error(parsed.error);
  return policyAt(parsed, { cluster: 'prod-1', nodegroup: 'web', tags: [], ...place }, READS);
};
const faultsOf = (document: object): string => {
  const parsed = parsePolicy(JSON.stringify(document), 'enforce');
  return isInvalid(parsed) ? parsed.error : '';
};

const prod = {
  name: 'prod',
  match: { clusters: ['prod-*'] },
  upgrades: { bakeAge: '72h', concurrency: { perCluster: 3 } },
};
const web = { name: 'web', match: { nodegroups: ['web'] }, upgrades: { bakeAge: '48h' } };
const slow = { name: 'slow', match: { tags: { pace: 'slow*' } }, upgrades: { bakeAge: '96h', mode: 'observe' } };

describe('policyAt', () => {
  it('is the document itself where no override fits', () => {
    const policy = at({ overrides: [prod] }, { cluster: 'test' });
    expect(policy).toMatchObject({ upgrades: { bakeAge: 24 * HOUR } });
    expect(overridesIn(policy)).toEqual({});
  });

  it('has the last one that fits decide about each key, and names all that fit', () => {
    const policy = at({ overrides: [prod, web] });
    expect(policy).toMatchObject({
      upgrades: { bakeAge: 48 * HOUR, concurrency: { perCluster: 3, perAccount: 5 }, retryAfter: HOUR },
    });
    expect(overridesIn(policy)).toEqual({ overrides: ['prod', 'web'] });
    expect(at({ overrides: [web, prod] })).toMatchObject({ upgrades: { bakeAge: 72 * HOUR } });
  });

  it('asks for all that an override names', () => {
    const both = { name: 'both', match: { clusters: ['prod-*'], nodegroups: ['gpu-*'] }, quarantine: { mode: 'off' } };
    expect(at({ overrides: [both] })).toMatchObject({ quarantine: { mode: 'enforce' } });
    expect(at({ overrides: [both] }, { nodegroup: 'gpu-1' })).toMatchObject({ quarantine: { mode: 'off' } });
    expect(at({ overrides: [both] }, { nodegroup: undefined })).toMatchObject({ quarantine: { mode: 'enforce' } });
  });

  it.each([
    ['the cluster', [{ pace: 'slowly' }, { pace: 'fast' }]],
    ['the node group', [{ pace: 'fast' }, { pace: 'slow' }]],
  ])('takes a tag of %s, whatever the other one has', (_, tags) => {
    expect(at({ overrides: [slow] }, { tags })).toMatchObject({ upgrades: { mode: 'observe', bakeAge: 96 * HOUR } });
  });

  it.each([[[{ pace: 'fast' }, undefined]], [[{ Pace: 'slow' }]], [[{}]]])('takes no other tag: %j', (tags) => {
    expect(at({ overrides: [slow] }, { tags })).toMatchObject({ upgrades: { mode: 'enforce' } });
  });

  it('lets a tag loosen nothing that an override by name has made stricter', () => {
    const careful = { name: 'careful', match: { clusters: ['*'] }, upgrades: { bakeAge: '30d', mode: 'off' } };
    const tags = [{ pace: 'slow' }];
    expect(at({ overrides: [careful, slow] }, { tags })).toMatchObject({
      upgrades: { mode: 'off', bakeAge: 720 * HOUR },
    });
  });

  it('is invalid where two overrides do not go together', () => {
    const short = { name: 'short', match: { clusters: ['*'] }, quarantine: { expireAfter: '1h' } };
    const long = { name: 'long', match: { nodegroups: ['web'] }, quarantine: { drain: { evict: true, within: '2h' } } };
    expect(at({ overrides: [short, long] })).toEqual({
      error: expect.stringMatching(/^The overrides short, long do not go together: quarantine\.drain\.within: must be/),
    });
    expect(at({ overrides: [short, long] }, { nodegroup: 'db' })).toMatchObject({ quarantine: { expireAfter: HOUR } });
  });
});

describe('a document with overrides is refused', () => {
  const tagged = (sections: object) => ({ name: 'x', match: { tags: { team: 'a' } }, ...sections });
  const named = (sections: object) => ({ name: 'x', match: { clusters: ['a'] }, ...sections });
  it.each([
    [
      named({ upgrades: { bakeage: '1h' } }),
      'overrides.0.upgrades.bakeage: unknown key, remove it or correct its spelling. Did you mean "bakeAge"?',
    ],
    [named({ upgrades: { bakeAge: '1 h' } }), 'overrides.0.upgrades.bakeAge: must be a whole number with a unit'],
    [
      named({ upgrades: { concurrency: { perAccount: 9 } } }),
      'overrides.0.upgrades.concurrency.perAccount: cannot differ from place to place: it is a limit of the whole account',
    ],
    [named({ posture: { mode: 'off' } }), 'overrides.0.posture: unknown key'],
    [named({}), 'overrides.0: changes nothing'],
    [{ name: 'x', match: {}, upgrades: { mode: 'off' } }, 'overrides.0.match: must name clusters, nodegroups or tags'],
    [
      { name: 'x', match: { tags: {} }, upgrades: { mode: 'off' } },
      'overrides.0.match: must name clusters, nodegroups or tags',
    ],
    [{ match: { clusters: ['a'] }, upgrades: { mode: 'off' } }, 'overrides.0.name: '],
    [
      { name: 'x', match: { clusters: ['a/b'] }, upgrades: { mode: 'off' } },
      'overrides.0.match.clusters.0: must be a cluster name',
    ],
    [
      named({ quarantine: { expireAfter: '1h', drain: { evict: true, within: '2h' } } }),
      'overrides.0.quarantine.drain.within: must be less than expireAfter',
    ],
    [
      tagged({ upgrades: { bakeAge: '1h' } }),
      'overrides.0.upgrades.bakeAge: cannot be changed so by tags, which others may set: it may only be raised',
    ],
    [
      tagged({ upgrades: { concurrency: { perCluster: 2 } } }),
      'overrides.0.upgrades.concurrency.perCluster: cannot be changed so by tags',
    ],
    [
      tagged({ quarantine: { respond: 'isolate', onExpiry: 'terminate' } }),
      'overrides.0.quarantine.onExpiry: cannot be changed so by tags, which others may set: it may only go towards "alarm"',
    ],
    [
      tagged({ quarantine: { snapshots: true } }),
      'overrides.0.quarantine.snapshots: cannot be changed so by tags, which others may set: neither of its values is stricter',
    ],
    [
      tagged({ findings: { severityFloor: 'LOW' } }),
      'overrides.0.findings.severityFloor: cannot be changed so by tags',
    ],
  ])('%j', (override, fault) => {
    expect(faultsOf({ overrides: [override] })).toContain(fault);
  });

  it('where two have one name', () => {
    expect(
      faultsOf({ overrides: [named({ upgrades: { force: true } }), named({ upgrades: { mode: 'off' } })] }),
    ).toContain('overrides: two of them have the same name');
  });

  it('not for windows by tag where there are none, or for some of them', () => {
    const windows = ['0 1 * * *', '0 2 * * *'].map((cron) => ({ cron, duration: '1h' }));
    expect(faultsOf({ overrides: [tagged({ upgrades: { windows } })] })).toBe('');
    expect(faultsOf({ upgrades: { windows }, overrides: [tagged({ upgrades: { windows: windows.slice(1) } })] })).toBe(
      '',
    );
    const others = [{ cron: '0 3 * * *', duration: '1h' }];
    expect(faultsOf({ upgrades: { windows }, overrides: [tagged({ upgrades: { windows: others } })] })).toContain(
      'overrides.0.upgrades.windows: cannot be changed so by tags',
    );
  });
});

/** The paths of all values of a parsed section. Each of `leaves` counts as one value. */
const pathsOf = (value: unknown, leaves: ReadonlySet<string>, path = ''): string[] =>
  typeof value !== 'object' || value === null || Array.isArray(value) || leaves.has(path)
    ? [path]
    : Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, leaves, path === '' ? key : `${path}.${key}`));

it.each(Object.entries(STRICTNESS))('each key of %s says how it may differ', (section, strictness) => {
  // The wave is the only key without a default.
  const document = { upgrades: { waves: ['all'], wave: 'all' } };
  const paths = pathsOf(
    valueAt(parsePolicy(JSON.stringify(document), 'enforce'), section),
    new Set(Object.keys(strictness)),
  );
  expect(Object.keys(strictness).sort()).toEqual(paths.sort());
});

it('no tag ever makes any key of any policy looser', () => {
  const mode = fc.constantFrom('off', 'observe', 'enforce');
  const hours = fc.integer({ min: 0, max: 99 }).map((n) => `${n}h`);
  const part = fc.record(
    {
      upgrades: fc.record(
        { mode, bakeAge: hours, force: fc.boolean(), stopAfterFailures: fc.integer({ min: 1, max: 9 }) },
        { requiredKeys: [] },
      ),
      quarantine: fc.record(
        { mode, onExpiry: fc.constantFrom('alarm', 'terminate'), expireAfter: hours },
        { requiredKeys: [] },
      ),
      findings: fc.record({ mode, severityFloor: fc.constantFrom('LOW', 'HIGH', 'CRITICAL') }, { requiredKeys: [] }),
    },
    { requiredKeys: [] },
  );
  const match = fc.constantFrom(
    { clusters: ['*'] },
    { nodegroups: ['w*'] },
    { tags: { a: '*' } },
    { clusters: ['prod-*'], tags: { b: 'x' } },
  );
  const document = fc.tuple(part, fc.array(fc.tuple(match, part), { maxLength: 4 })).map(([whole, overrides]) => ({
    ...whole,
    overrides: overrides.map(([whom, sections], index) => ({ name: `n${index}`, match: whom, ...sections })),
  }));
  let judged = 0;
  fc.assert(
    fc.property(document, (given) => {
      const parsed = parsePolicy(JSON.stringify(given), 'enforce');
      if (isInvalid(parsed)) return;
      const place = { cluster: 'prod-1', nodegroup: 'web' };
      const untagged = policyAt(parsed, { ...place, tags: [] }, READS);
      const withTags = policyAt(parsed, { ...place, tags: [{ a: '1' }, { b: 'x' }] }, READS);
      judged += 1;
      // An override by name after one by tag has the last word either way.
      for (const [section, rules] of Object.entries(STRICTNESS)) {
        for (const [path, rule] of Object.entries(rules)) {
          const key = `${section}.${path}`;
          expect([
            key,
            isNoLooser(rule, valueAt(withTags, key), valueAt(untagged, key), valueAt(untagged, section)),
          ]).toEqual([key, true]);
        }
      }
    }),
    { numRuns: 60 },
  );
  expect(judged).toBeGreaterThan(5);
});

it('holds for one place as it does for another where the same overrides fit, and for no other policy', () => {
  const parsed = (bakeAge: string) =>
    parsePolicy(
      JSON.stringify({ overrides: [{ name: 'a', match: { clusters: ['prod-*'] }, upgrades: { bakeAge } }] }),
      'enforce',
    );
  const [one, two] = [parsed('3d'), parsed('4d')];
  const bakeAt = (policy: typeof one, cluster: string) =>
    valueAt(policyAt(policy, { cluster, tags: [] }, READS), 'upgrades.bakeAge');
  const DAY = 86_400_000;
  expect([bakeAt(one, 'prod-1'), bakeAt(one, 'prod-2'), bakeAt(one, 'test')]).toEqual([3 * DAY, 3 * DAY, DAY]);
  expect(bakeAt(two, 'prod-1')).toBe(4 * DAY);
});

it('judges what several overrides say by the rules of whoever asks, whoever has asked before', () => {
  const overrides = [{ name: 'a', match: { clusters: ['*'] }, upgrades: { bakeAge: '3d' } }];
  const policy = parsePolicy(JSON.stringify({ overrides }), 'enforce');
  const place = { cluster: 'prod-1', tags: [] };
  const strict = { upgrades: () => UPGRADES.upgrades('observe').refine(() => false, 'too long') };
  expect(isInvalid(policyAt(policy, place, { upgrades: UPGRADES.upgrades }))).toBe(false);
  expect(policyAt(policy, place, strict)).toEqual({ error: expect.stringContaining('too long') });
});
