import { describe, expect, it } from 'vitest';
import { gravestOf, needsSomebody, stateOf, type Word } from './current-state.ts';
import type { DecisionKind } from './record.ts';

const word = (text: string, at = 0, remediation = 'quarantine-workers'): Word => {
  const [decision = '', reason = ''] = text.split(' ');
  return { remediation, decision: decision as DecisionKind, reason, at };
};
const ofAgents = (text: string, at = 0) => word(text, at, 'manage-ssm-agent');
const ofUpgrades = (text: string, at = 0) => word(text, at, 'upgrade-node-groups');
const ofFindings = (text: string, at = 0) => word(text, at, 'triage-findings');

describe('the one state of a subject', () => {
  it.each<[string, Word[], string]>([
    [
      'a worker in quarantine whose agent answers',
      [ofAgents('done agent-verified', 2), word('done quarantined')],
      'quarantined',
    ],
    ['one that waits for a slot', [word('waiting quarantine-budget'), ofAgents('failed agent-missing')], 'exposed'],
    ['one that the kill switch leaves open', [word('done not-exposed', 1), word('skipped kill-switch', 2)], 'exposed'],
    [
      'one that was closed after the kill switch',
      [word('skipped kill-switch', 1), word('done not-exposed', 2)],
      'done',
    ],
    [
      'one in quarantine under a kill switch',
      [word('done quarantined', 1), word('skipped kill-switch', 2)],
      'quarantined',
    ],
    ['one that is being drained', [word('waiting draining')], 'exposed'],
    ['one that was released with its exposure', [word('skipped accepted-exposure')], 'exposed'],
    [
      'a group that waits after it was asked for',
      [ofFindings('acted upgrade-requested', 1), ofUpgrades('waiting baking', 2)],
      'waiting',
    ],
    [
      'a group that was asked for after it waited',
      [ofUpgrades('waiting baking', 1), ofFindings('acted upgrade-requested', 2)],
      'acted',
    ],
    [
      'a self-managed group that waits after it was asked for',
      [
        ofFindings('acted move-requested', 1),
        { ...ofUpgrades('waiting image-baking', 2), remediation: 'refresh-groups' },
      ],
      'waiting',
    ],
    [
      'a worker whose agent failed before the kill switch',
      [ofAgents('failed agent-missing', 1), ofAgents('skipped kill-switch', 2)],
      'failed',
    ],
    [
      'a group that halted before the policy was broken',
      [ofUpgrades('failed halted', 1), ofUpgrades('refused policy-invalid', 2)],
      'failed',
    ],
    [
      'a group that was judged again after the policy was mended',
      [ofUpgrades('refused policy-invalid', 1), ofUpgrades('done up-to-date', 2)],
      'done',
    ],
    ['a group that stays exposed', [ofUpgrades('done up-to-date'), word('refused workers-stay-exposed')], 'exposed'],
  ])('%s', (_what, words, state) => {
    const gravest = gravestOf(words);
    expect(gravest && stateOf(gravest)).toBe(state);
    const reversed = gravestOf(words.toReversed());
    expect(reversed && stateOf(reversed)).toBe(state);
  });

  it('needs somebody, unless somebody has said that it may be so', () => {
    const needed = ['waiting quarantine-budget', 'done quarantined', 'would-act would-quarantine', 'skipped mode-off'];
    expect(needed.map((text) => needsSomebody(word(text)))).toEqual([true, true, true, true]);
    const not = ['skipped accepted-exposure', 'skipped opted-out', 'done not-exposed', 'skipped proposal-rejected'];
    expect(not.map((text) => needsSomebody(word(text)))).toEqual([false, false, false, false]);
  });
});
