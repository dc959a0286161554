import { expect, it } from 'vitest';
import { parsePolicy } from '../policy-document.ts';
import { decide } from './decide.ts';
import type { Circumstances } from './decision.ts';
import { findings, LACKING, MINUTE, NOW, ONLINE, observation, worker } from './observation.fixture.ts';

const enforcing: Circumstances = {
  policy: parsePolicy('{}', 'enforce'),
  now: NOW,
  account: '111122223333',
};
const undo = 'aws iam detach-role-policy';
const remedy = { kind: 'attach-policy', cause: 'role-lacks-ssm', startedAt: NOW - MINUTE, attempt: 1 } as const;
const state = { intended: { remedy, undo } };

it.each([
  ['the agent answers by now', worker({ agent: ONLINE })],
  ['another cause is left', worker({ findings: findings() })],
  [
    'the worker opted out since',
    worker({ findings: findings(), owner: { tags: { 'eks-host-remediator:ignore': '' } } }),
  ],
])(
  'a remedy that was about to begin before a crash is told, with the doubt and the way to undo it, where %s',
  (_, view) => {
    const told = decide(observation(view, state), enforcing);
    expect(told).toMatchObject({
      decision: 'acted',
      reason: 'policy-attached',
      memory: { remedy },
      details: { cause: 'role-lacks-ssm', remedy: 'attach-policy', attempt: 1, undo },
    });
    expect(told.message).toBe(
      `Attempt 1 (attach-policy) against role-lacks-ssm was about to begin at 2026-07-20T11:59:00.000Z, in a run that ended early. It may have been done. To undo it: ${undo}`,
    );
    // It is followed, and begins only once.
    expect(told.begin).toBeUndefined();
  },
);

it('a remedy that was about to begin before a crash begins again where it is due as before', () => {
  const due = decide(observation(worker({ findings: findings({ profile: LACKING }) }), state), enforcing);
  expect(due).toMatchObject({ decision: 'acted', reason: 'policy-attached', begin: 'attach-policy' });
  expect(due.message).not.toContain('may have been done');
});
