import type { CertificateAuthority } from '@aws-sdk/client-eks';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Authorities } from './authorities.ts';
import { decideAuthority } from './decide-authority.ts';

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
const node = (launchedAt: number, nodegroup = 'web', cluster = 'shop') => ({ cluster, nodegroup, launchedAt });
const told = (authorities: Authorities, launched: ReturnType<typeof node>[], now: number): string => {
  const decision = decideAuthority('shop', authorities, launched, now);
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

  it('are due 60 days before that day, and once it signs', () => {
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

  it('are no matter where there are none, or where the successor is never activated', () => {
    expect(told(found(first, successor), [node(ADDED)], FIRST)).toMatch(/^done authority-lasts/);
    for (const distributionStatus of ['FAILED', 'DELETING'] as const) {
      expect(told(found(first, { ...successor, distributionStatus }), [OLD], ADDED)).toMatch(/^done authority-lasts/);
    }
  });

  it('are told of a few times only, and sooner than the dashboard forgets', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 700 }), (days) => {
        const at = (now: number) => decideAuthority('shop', found(first, successor), [OLD], now);
        const [one, next] = [at(ADDED + days * DAY), at(ADDED + (days + 29) * DAY)];
        expect(one?.decision).toBe('refused');
        expect(next?.variant).not.toBe(one?.variant);
      }),
      { numRuns: 50 },
    );
  });
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
