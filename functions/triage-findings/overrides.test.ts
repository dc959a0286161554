import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../policy-document.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import { isAnywhereOn, lowestFloor, policyOf } from './circumstances.ts';
import { decide } from './decide.ts';
import { whyIgnored } from './decide-coverage.ts';
import { circumstances, nodeGroup, observation } from './observation.fixture.ts';

function parsed(document: object) {
  const policy = parsePolicy(JSON.stringify(document), 'enforce');
  if (isInvalid(policy)) throw new Error(policy.error);
  return policy;
}
const named = (findings: object) => ({ name: 'x', match: { clusters: ['shop'] }, findings });

describe('an override of findings', () => {
  it('decides about the findings of its node groups', () => {
    const told = (view: object) => {
      const policy = parsed({
        overrides: [{ name: 'x', match: { tags: { calm: 'yes' } }, findings: { mode: 'observe' } }],
      });
      return decide(observation(nodeGroup(view)), { ...circumstances(), policy }).outcome?.reason;
    };
    expect([told({}), told({ tags: { calm: 'yes' } }), told({ clusterTags: { calm: 'yes' } })]).toEqual([
      'upgrade-requested',
      'would-request-upgrade',
      'would-request-upgrade',
    ]);
  });

  it('lets what counts anywhere be looked at, and what counts nowhere not', () => {
    const policy = parsed({ findings: { severityFloor: 'CRITICAL' }, overrides: [named({ severityFloor: 'MEDIUM' })] });
    expect(lowestFloor(policy)).toBe('MEDIUM');
    expect(policyOf(policy, { cluster: 'shop', nodegroup: 'a' }).findings.severityFloor).toBe('MEDIUM');
    expect(policyOf(policy, { cluster: 'test', nodegroup: 'a' }).findings.severityFloor).toBe('CRITICAL');
  });

  it('switches findings on where they are off elsewhere', () => {
    const on = parsed({ findings: { mode: 'off' }, overrides: [named({ mode: 'enforce' })] });
    const off = parsed({ findings: { mode: 'off' }, overrides: [named({ severityFloor: 'LOW' })] });
    expect([isAnywhereOn(on), isAnywhereOn(off)]).toEqual([true, false]);
    expect([whyIgnored(on), whyIgnored(off)?.outcome.reason]).toEqual([undefined, 'mode-off']);
  });
});
