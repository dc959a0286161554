import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareReleases } from '../shared/releases/release-version.ts';
import { targeting } from '../shared/releases/target.fixture.ts';
import type { NoTarget } from '../shared/releases/target-release.ts';
import { decide } from './decide.ts';
import {
  arbitraryCircumstances,
  arbitraryObservation,
  circumstances,
  finding,
  image,
  NEW,
  NEW_AMI,
  need,
  nodeGroup,
  OLD,
  OLD_AMI,
  observation,
} from './observation.fixture.ts';
import type { NodeGroupView } from './observation.ts';

const none = (reason: NoTarget['reason']): NoTarget => ({ kind: 'none', reason, message: 'Because of this.' });

const outcomeOf = (...[view, state, claimed]: Parameters<typeof observation>) => {
  const { outcome, act, memory } = decide(observation(view, state, claimed), circumstances());
  return { told: outcome && `${outcome.decision} ${outcome.reason}`, message: outcome?.message, act, memory };
};

/** A node group with a finding that is not urgent. */
const mildly = (change: Parameters<typeof nodeGroup>[0]) =>
  nodeGroup({ open: [finding({ severity: 'HIGH', urgency: 'normal' })], ...change });

describe('decide', () => {
  it.each([
    ['a newer release', nodeGroup(), 'acted upgrade-requested'],
    ['none', mildly({ releaseVersion: NEW }), 'waiting no-newer-ami'],
    ['one that is not comparable', mildly({ releaseVersion: 'strange' }), 'waiting release-incomparable'],
    ['an older one', mildly({ releaseVersion: '1.33.14-20260801' }), 'waiting newer-than-recommended'],
    ['one that was withdrawn', mildly({ target: none('release-withdrawn') }), 'waiting release-withdrawn'],
    [
      'one that was withdrawn, and the one that it runs in its place',
      mildly({ target: { ...targeting(0, OLD), withdrawn: [NEW] } }),
      'waiting no-newer-ami',
    ],
    [
      'none but its own, while a newer one has just been published',
      mildly({ target: { ...targeting(0, OLD), unseen: NEW } }),
      'waiting no-newer-ami',
    ],
    [
      'one that the watcher has not seen',
      mildly({ target: none('release-not-yet-seen') }),
      'waiting release-not-yet-seen',
    ],
    [
      'none but its own, which the watcher has not seen',
      mildly({ target: { ...none('release-not-yet-seen'), recommended: OLD } }),
      'waiting no-newer-ami',
    ],
    ['none for its version', mildly({ target: none('no-release-for-version') }), 'waiting no-release-for-version'],
    ['its own AMI', nodeGroup({ amiType: 'CUSTOM' }), 'refused custom-ami-vulnerable'],
    ['a tag that opts out', nodeGroup({ tags: { 'eks-host-remediator:ignore': '' } }), 'skipped opted-out'],
    ['a cluster that opts out', nodeGroup({ clusterTags: { 'eks-host-remediator:ignore': '' } }), 'skipped opted-out'],
    ['EKS Auto Mode', { kind: 'auto-mode' } as const, 'skipped auto-mode'],
    ['a group that is being deleted', nodeGroup({ status: 'DELETING' }), 'skipped not-upgradable'],
    [
      'its own AMI, and a failed deletion',
      nodeGroup({ amiType: 'CUSTOM', status: 'DELETE_FAILED' }),
      'skipped not-upgradable',
    ],
    ['a cluster that is being deleted', nodeGroup({ clusterStatus: 'DELETING' }), 'skipped not-upgradable'],
    ['a cluster that is updated', nodeGroup({ clusterStatus: 'UPDATING' }), 'acted upgrade-requested'],
    ['gone since', { kind: 'gone' } as const, 'skipped node-group-gone'],
    ['unreadable', { kind: 'unreadable', error: 'AccessDeniedException: no' } as const, 'failed unreadable'],
  ])('on open findings of a node group with %s', (_what, view, expected) => {
    expect(outcomeOf(view).told).toBe(expected);
  });

  it.each([
    ['none', { releaseVersion: NEW }, 'refused urgent-without-ami'],
    ['one that is not comparable', { releaseVersion: 'strange' }, 'refused urgent-without-ami'],
    ['an older one', { releaseVersion: '1.33.14-20260801' }, 'refused urgent-without-ami'],
    ['one that was withdrawn', { target: none('release-withdrawn') }, 'refused urgent-without-ami'],
    ['none for its version', { target: none('no-release-for-version') }, 'refused urgent-without-ami'],
    // What the next looks tell, nobody needs to know.
    ['one just published', { target: { ...targeting(0, OLD), unseen: NEW } }, 'waiting no-newer-ami'],
    ['one that the watcher has not seen', { target: none('release-not-yet-seen') }, 'waiting release-not-yet-seen'],
    ['one that cannot be read', { target: none('unreadable') }, 'waiting unreadable'],
    [
      'none but its own, in doubt',
      { target: { ...targeting(0, OLD), isInDoubt: true } as NodeGroupView['target'] },
      'waiting no-newer-ami',
    ],
  ])('on urgent findings of a node group with %s people are told, unless that passes', (_what, change, expected) => {
    expect(outcomeOf(nodeGroup(change)).told).toBe(expected);
  });

  it.each<[string, Partial<NodeGroupView>, RegExp]>([
    [
      'AL2',
      {
        amiType: 'AL2_x86_64',
        kubernetesVersion: '1.32',
        releaseVersion: '1.32.9-20251209',
        target: targeting(0, '1.32.9-20251209'),
      },
      /EKS publishes no new AL2 AMIs since 2025-11-26: .* Create a node group of an AL2023 or Bottlerocket type/,
    ],
    [
      'a Kubernetes version without releases for long',
      { releaseVersion: '1.33.3-20250801', target: targeting(0, '1.33.3-20250801') },
      /no AMI of AL2023_x86_64_STANDARD for Kubernetes 1\.33 since 2025-08-01/,
    ],
    [
      'AL2 where it has none',
      { amiType: 'AL2_x86_64', releaseVersion: '1.32.9-20251209', target: none('no-release-for-version') },
      /Because of this\.$/,
    ],
  ])('promises no newer release of %s, and says what to move to', (_what, change, move) => {
    const { told, message } = outcomeOf(nodeGroup(change));
    expect(told).toBe('refused urgent-without-ami');
    expect(message).toMatch(move);
    expect(message).not.toContain('when a newer one appears');
  });

  it('says of an unhealthy node group what becomes of the upgrade', () => {
    const { told, message, act } = outcomeOf(nodeGroup({ status: 'DEGRADED' }));
    expect([told, act]).toEqual(['acted upgrade-requested', 'request-upgrade']);
    expect(message).toMatch(
      /is requested, urgent\. The node group is DEGRADED: it is upgraded only where that may cure it/,
    );
    expect(outcomeOf(nodeGroup()).message).not.toContain('DEGRADED');
  });

  it('says of a group that is too old beside its control plane that EKS does not accept the upgrade', () => {
    const behind = (controlPlane: string) => outcomeOf(nodeGroup({ kubernetesVersion: '1.31', controlPlane })).message;
    expect(behind('1.35')).toMatch(/EKS accepts no update of it at Kubernetes 1\.31 beside a control plane at 1\.35/);
    expect(behind('1.34')).not.toContain('accepts no update');
  });

  it('says what becomes of nodes of EKS Auto Mode, and what their owner can do', () => {
    const { outcome } = decide(observation({ kind: 'auto-mode' }), circumstances());
    expect(outcome?.message).toMatch(/as the disruption budgets of its NodePool allow, and after 21 days/);
    expect(outcome?.hint).toContain('expireAfter');
  });

  it('tells of critical or urgent findings on a custom AMI, until another one ends them', () => {
    const own = (view: object, open = [finding()]) =>
      nodeGroup({ amiType: 'CUSTOM', releaseVersion: 'ami-1', open, ...view });
    const first = outcomeOf(own({}));
    expect([first.told, first.memory.need?.urgency]).toEqual(['refused custom-ami-vulnerable', 'normal']);
    const grave = finding({ severity: 'HIGH', urgency: 'normal' });
    expect([outcomeOf(own({}, [grave])).told, outcomeOf(own({}, [grave])).memory]).toEqual(['skipped custom-ami', {}]);
    // What workers of a former AMI have says nothing of this one.
    expect(outcomeOf(own({ releaseVersion: 'ami-2' }, [finding({ image: 'other' })])).told).toBe('skipped custom-ami');
    const aftermath = { workers: 2, scanned: 1, stillOpen: [] };
    expect(outcomeOf(own({ releaseVersion: 'ami-2', aftermath }, []), first.memory).told).toBe('done findings-fixed');
    expect(outcomeOf(own({ aftermath }, []), first.memory).told).toBe('done findings-closed');
  });

  it('has a group with a custom AMI moved to a newer one where the policy names one and lets it', () => {
    const images = { present: image(OLD_AMI, 30), controlPlane: '1.33' };
    const newer = { ...images, candidates: [{ image: image(NEW_AMI, 2) }] };
    const same = { ...images, candidates: [{ image: image(OLD_AMI, 30) }] };
    const under = (change: object, modes: object) => {
      const view = nodeGroup({ amiType: 'CUSTOM', releaseVersion: OLD_AMI, named: newer, ...change });
      const { outcome, act, memory } = decide(observation(view), circumstances({ upgrades: { image: modes } }));
      return { said: `${outcome?.decision} ${outcome?.reason}`, message: outcome?.message, act, ...memory };
    };
    const enforce = { mode: 'enforce' };
    const urgent = under({}, enforce);
    expect([urgent.said, urgent.act, urgent.need?.urgency]).toEqual([
      'acted upgrade-requested',
      'request-upgrade',
      'urgent',
    ]);
    expect(urgent.message).toMatch(
      /names ami-0bbbbbbbbbbbbbbbb .* newer than the custom AMI .* is requested, urgent\.$/,
    );
    const mild = [finding({ severity: 'HIGH', urgency: 'normal' })];
    expect(under({ open: mild }, enforce).message).toMatch(/is requested, at its turn\.$/);
    expect(under({ open: mild }, { mode: 'observe' }).said).toBe('skipped custom-ami');
    const proposed = under({}, { mode: 'observe' });
    expect([proposed.said, proposed.act]).toEqual(['refused custom-ami-vulnerable', undefined]);
    expect(proposed.message).toMatch(/is not made by itself: its mode is observe\.$/);
    for (const named of [same, { candidates: newer.candidates, controlPlane: '1.33' }, undefined]) {
      expect(under({ named }, enforce).said).toBe('refused custom-ami-vulnerable');
    }
    const unreadable = {
      kind: 'unreadable',
      error: 'Throttling: later',
      code: 'Throttling',
      isThrottled: true,
    } as const;
    expect(under({ named: { ...images, candidates: [], unreadable } }, enforce).said).toBe('waiting unreadable');
  });

  it('tells of grave findings, and requests nothing, where the policy has upgrades off', () => {
    const under = (document: object, open = [finding()]) => {
      const { outcome, act, memory } = decide(observation(nodeGroup({ open })), circumstances(document));
      return [`${outcome?.decision} ${outcome?.reason}`, act, memory.need?.urgency];
    };
    const off = { upgrades: { mode: 'off' } };
    expect(under(off)).toEqual(['refused upgrades-off', undefined, 'urgent']);
    const mild = [finding({ severity: 'HIGH', urgency: 'normal' })];
    expect(under(off, mild)).toEqual(['skipped upgrades-off', undefined, 'normal']);
    expect(under({ overrides: [{ name: 'a', match: { clusters: ['shop'] }, ...off }] })[0]).toBe(
      'refused upgrades-off',
    );
    expect(under({ upgrades: { mode: 'observe' } })[0]).toBe('acted upgrade-requested');
  });

  it('says that somebody has to approve what is only proposed', () => {
    const told = (document: object) => decide(observation(nodeGroup({})), circumstances(document)).outcome?.message;
    const approval = 'The mode of upgrades is observe: it begins once somebody approves it.';
    expect(told({ upgrades: { mode: 'observe' } })).toContain(approval);
    const required = 'The policy has each upgrade approved: it begins once somebody approves it.';
    expect(told({ upgrades: { approval: 'required' } })).toContain(required);
    expect(told({})).not.toContain('approves');
  });

  it('calls a release the newest only where it is, and tells of another target anew', () => {
    const tellOf = (view: Parameters<typeof nodeGroup>[0]) => {
      const { outcome } = decide(observation(nodeGroup(view)), circumstances());
      return { newest: outcome?.message.includes('is the newest release'), variant: outcome?.variant };
    };
    const newest = tellOf({ releaseVersion: NEW });
    const seen = tellOf({ releaseVersion: 'strange' });
    const other = tellOf({
      releaseVersion: 'strange',
      target: targeting(0, OLD),
    });
    const unseen = tellOf({ target: none('release-not-yet-seen') });
    expect([newest, seen, other, unseen].map((each) => each.newest)).toEqual([true, false, false, false]);
    expect(seen.variant).not.toBe(other.variant);
    // watch-ami-releases has not noted the release that runs, and notes it an hour later.
    const recommended = { ...none('release-not-yet-seen'), recommended: NEW };
    expect(tellOf({ releaseVersion: NEW, target: recommended }).variant).toBe(newest.variant);
  });

  it('names the gravest, how many more there are, and on how many workers', () => {
    const mild = { severity: 'HIGH', urgency: 'normal' as const };
    const open = [
      finding({ vulnerabilityId: 'CVE-2026-2', ...mild }),
      finding(),
      finding({ instanceId: 'i-0b', vulnerabilityId: 'CVE-2026-3', ...mild }),
    ];
    const { message, memory } = outcomeOf(nodeGroup({ open }));
    expect(message).toMatch(/^2 workers have open findings: CVE-2026-31415 \(CRITICAL\) and 2 more\./);
    expect(memory.need).toEqual(need({ vulnerabilities: ['CVE-2026-31415', 'CVE-2026-2', 'CVE-2026-3'] }));
  });

  it('remembers ten vulnerabilities at most, and never says that these are all', () => {
    const open = Array.from({ length: 30 }, (_, index) => finding({ vulnerabilityId: `CVE-2026-${index}` }));
    const { message, memory } = outcomeOf(nodeGroup({ open }));
    expect(memory.need?.vulnerabilities).toHaveLength(10);
    expect(message).toContain('CVE-2026-0 (CRITICAL) and at least 9 more.');
    expect(outcomeOf(nodeGroup({ open: open.slice(0, 9) })).message).toContain('CVE-2026-0 (CRITICAL) and 8 more.');
  });

  it('names a worker that alone does not run the newest release of its group', () => {
    const behind = nodeGroup({ releaseVersion: NEW, open: [finding({ image: 'other' })] });
    expect(outcomeOf(behind)).toMatchObject({ told: 'skipped worker-left-behind', act: undefined, memory: {} });
    const unsure = nodeGroup({ releaseVersion: NEW, open: [finding({ image: 'unknown' })] });
    expect(outcomeOf(unsure).told).toBe('refused urgent-without-ami');
  });

  it('tells that an event was wrong, but not that nothing was found where no event had told of anything', () => {
    expect(outcomeOf(nodeGroup({ open: [] }), {}, 'urgent').told).toBe('skipped finding-not-open');
    expect(outcomeOf(nodeGroup({ open: [] })).told).toBeUndefined();
  });
});

describe('after an upgrade', () => {
  const upgraded = (aftermath: NonNullable<Parameters<typeof nodeGroup>[0]>['aftermath'], status = 'ACTIVE') =>
    outcomeOf(nodeGroup({ releaseVersion: NEW, status, open: [], ...(aftermath !== undefined && { aftermath }) }), {
      need: need({ vulnerabilities: ['CVE-2026-1', 'CVE-2026-2'] }),
    });

  it.each([
    ['none is open any more', { workers: 2, scanned: 2, stillOpen: [] }, 'done findings-fixed'],
    ['one worker was scanned', { workers: 2, scanned: 1, stillOpen: [] }, 'done findings-fixed'],
    ['no worker was scanned', { workers: 2, scanned: 0, stillOpen: [] }, 'waiting awaiting-scan'],
    ['some are open', { workers: 2, scanned: 2, stillOpen: ['CVE-2026-2'] }, 'failed not-fixed-by-release'],
    ['there are no workers', { workers: 0, scanned: 0, stillOpen: [] }, 'done findings-closed'],
  ])('when %s', (_what, aftermath, expected) => {
    expect(upgraded(aftermath).told).toBe(expected);
  });

  it('says which the release fixed and which it did not, and remembers the latter', () => {
    const { message, memory } = upgraded({ workers: 2, scanned: 2, stillOpen: ['CVE-2026-2', 'CVE-2026-9'] });
    expect(message).toBe(
      `Release ${NEW} does not fix CVE-2026-2, which Inspector still finds after the upgrade. It fixes CVE-2026-1.`,
    );
    expect(memory.notFixed).toEqual({ releaseVersion: NEW, vulnerabilities: ['CVE-2026-2'] });
  });

  it('tells nothing while nodes are still being replaced', () => {
    expect(upgraded({ workers: 2, scanned: 2, stillOpen: [] }, 'UPDATING').told).toBeUndefined();
  });

  it('is told of also where the group has become unhealthy since', () => {
    expect(upgraded({ workers: 2, scanned: 2, stillOpen: [] }, 'DEGRADED').told).toBe('done findings-fixed');
    const open = [finding({ vulnerabilityId: 'CVE-2026-2' })];
    const aftermath = { workers: 2, scanned: 2, stillOpen: ['CVE-2026-2'] };
    const degraded = nodeGroup({ releaseVersion: NEW, status: 'DEGRADED', open, aftermath });
    expect(outcomeOf(degraded, { need: need({ vulnerabilities: ['CVE-2026-1', 'CVE-2026-2'] }) })).toMatchObject({
      told: 'failed not-fixed-by-release',
      memory: { need: { releaseVersion: NEW } },
    });
  });

  it('is not waited for where there was none, and Inspector merely scans the workers no more', () => {
    const view = nodeGroup({ open: [], aftermath: { workers: 2, scanned: 0, stillOpen: [] } });
    expect(outcomeOf(view, { need: need() })).toEqual({ memory: { need: need() } });
  });

  it('is not the time to say that a release fixed what Inspector closed before', () => {
    const view = nodeGroup({ open: [], aftermath: { workers: 2, scanned: 2, stillOpen: [] } });
    expect(outcomeOf(view, { need: need() }).told).toBe('done findings-closed');
  });
});

/** Words for the end of findings, or of what was done for them. */
const ENDS: ReadonlySet<string> = new Set(['findings-fixed', 'findings-closed', 'not-fixed-by-release']);

describe('whatever is observed', () => {
  const always = (
    holds: (
      decision: ReturnType<typeof decide>,
      seen: Parameters<typeof decide>[0],
      given: Parameters<typeof decide>[1],
    ) => void,
  ) =>
    fc.assert(
      fc.property(arbitraryObservation, arbitraryCircumstances, (seen, given) => {
        holds(decide(seen, given), seen, given);
      }),
      { numRuns: 500 },
    );

  it('an upgrade is requested only for findings that Inspector holds open, to a newer release, where the policy lets', () => {
    always(({ act }, { view, subject }, { policy }) => {
      if (act === undefined) return;
      if (act !== 'request-upgrade') return;
      if (view.kind !== 'node-group') throw new Error('there is nothing to upgrade');
      expect(view.open).not.toEqual([]);
      if (view.amiType === 'CUSTOM') {
        const named = view.named?.candidates.map(({ image }) => image.createdAt) ?? [];
        expect(Math.max(...named)).toBeGreaterThan(view.named?.present?.createdAt ?? Number.POSITIVE_INFINITY);
        expect([policy.upgrades.mode, policy.upgrades.image.mode]).toEqual(['enforce', 'enforce']);
      } else {
        if (view.target.kind !== 'release') throw new Error('there is nothing to upgrade to');
        expect(compareReleases(view.amiType, view.target.releaseVersion, view.releaseVersion)).toBeGreaterThan(0);
      }
      expect(policy.findings.mode).toBe('enforce');
      expect(policy.upgrades.mode).not.toBe('off');
      expect(policy.scope.clusters ?? [subject.cluster]).toContain(subject.cluster);
      expect([view.status, view.clusterStatus].join()).not.toMatch(/DELET|FAILED/);
      expect(JSON.stringify([view.tags, view.clusterTags])).not.toContain('ignore');
    });
  });

  it('another AMI is requested only for findings that Inspector holds open, where the policy and the group let', () => {
    always(({ act, memory }, { view, subject }, { policy }) => {
      if (act === undefined || act === 'request-upgrade') return;
      if (view.kind !== 'other-group') throw new Error('there is nothing to move');
      expect(view.open).not.toEqual([]);
      expect(memory.need?.releaseVersion.split(' ')).toEqual(
        [...new Set(view.open.map(({ imageId = '' }) => imageId))].toSorted(),
      );
      expect(policy.findings.mode).toBe('enforce');
      expect(policy.scope.clusters ?? [subject.cluster]).toContain(subject.cluster);
      expect(JSON.stringify([view.tags, view.clusterTags])).not.toContain('ignore');
      const { way } = view;
      if (way.kind === 'none') throw new Error('nothing replaces these nodes');
      expect(act).toBe(way.kind === 'refresh' ? 'request-refresh' : 'request-pin');
      if (way.kind === 'pin') {
        expect(policy.nodeClasses.mode).not.toBe('off');
        const reasons = [...way.classes.values()];
        const isPinnable = (reason?: string) => reason !== 'ami-terms-custom' && reason !== 'node-class-current';
        expect(reasons.length === 0 || reasons.some(isPinnable), reasons.join()).toBe(true);
        return;
      }
      expect([policy.refreshes.mode === 'off', way.movesTo, way.reason === 'group-is-mixed']).toEqual([
        false,
        undefined,
        false,
      ]);
      const named = way.wanted?.kind === 'named' ? way.wanted.candidates.map(({ image }) => image.createdAt) : [];
      expect(Math.max(...named)).toBeGreaterThan(way.present?.createdAt ?? 0);
    });
  });

  it('grave findings that nothing here ends are told, and others are not', () => {
    always(({ outcome, memory }, { view }) => {
      if (view.kind !== 'other-group' || !/^ami-stays/.test(outcome?.reason ?? '')) return;
      const isGrave = view.open.some((each) => each.severity === 'CRITICAL' || each.urgency === 'urgent');
      expect(`${outcome?.decision} ${outcome?.reason}`).toBe(
        isGrave ? 'refused ami-stays-vulnerable' : 'skipped ami-stays',
      );
      expect(outcome?.hint).toBeDefined();
      // Remembered, so that the end of what people were told is told, too.
      expect(memory.need).toBeDefined();
    });
  });

  it('what is remembered as urgent, Inspector has called urgent', () => {
    always(({ memory }, { view, state }) => {
      if (memory.need?.urgency !== 'urgent') return;
      const open = 'open' in view ? view.open : [];
      expect(memory.need === state.need || open.some(({ urgency }) => urgency === 'urgent')).toBe(true);
    });
  });

  it('something is called fixed by a release only if a scan of a worker that runs it does not find it', () => {
    always(({ outcome }, { view }) => {
      if (outcome?.reason !== 'findings-fixed') return;
      if (view.kind !== 'node-group' && view.kind !== 'other-group') throw new Error('only groups have AMIs');
      if (view.kind === 'node-group') expect(view.status).not.toBe('UPDATING');
      else expect(view.way.kind === 'refresh' ? view.way.movesTo : undefined).toBeUndefined();
      expect(view.aftermath?.scanned).toBeGreaterThan(0);
      const { fixed = [] } = (outcome.details ?? {}) as { fixed?: string[] };
      expect(fixed.length).toBeGreaterThan(0);
      expect(fixed.filter((id) => view.aftermath?.stillOpen.includes(id))).toEqual([]);
    });
  });

  it('the end of some findings leaves those that are open besides to a second decision, which leaves none', () => {
    always(({ outcome, memory, leavesOpen }, seen, given) => {
      const { view, state } = seen;
      const isOver = outcome !== undefined && ENDS.has(outcome.reason);
      // Where EC2 shows no workers any more, what Inspector still shows of them is over, too.
      const aftermath = 'aftermath' in view && view.aftermath?.workers !== 0 ? view.aftermath : undefined;
      const notFixed = state.need?.vulnerabilities.filter((id) => aftermath?.stillOpen.includes(id)) ?? [];
      const isOpen =
        aftermath !== undefined && 'open' in view && view.open.some((each) => !notFixed.includes(each.vulnerabilityId));
      expect(leavesOpen).toBe(isOver && isOpen ? true : undefined);
      const runs = view.kind === 'other-group' ? view.runs.split(' ') : [];
      const areOfItsAmis =
        'open' in view && view.open.every(({ imageId = '' }) => imageId === '' || runs.includes(imageId));
      if (leavesOpen !== true || !areOfItsAmis) return;
      const { pending: _, need: __, notFixed: ___, ...others } = state;
      const next = decide({ ...seen, state: { ...others, ...memory } }, given);
      expect(next.outcome).toBeDefined();
      expect([...ENDS]).not.toContain(next.outcome?.reason);
      expect(next.leavesOpen).toBeUndefined();
    });
  });
});
