import { describe, expect, it } from 'vitest';
import { parsePolicy } from '../../policy-document.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { HOUR, NOW, need } from './observation.fixture.ts';
import { paceOf } from './pace.ts';

const windows = [{ cron: '0 3 * * *', duration: '1h' }];
const paceBy = (findings: Parameters<typeof paceOf>[0], document: { upgrades?: object; findings?: object } = {}) => {
  const text = JSON.stringify({ ...document, upgrades: { windows, ...document.upgrades } });
  const policy = parsePolicy(text, 'enforce');
  if (isInvalid(policy)) throw new Error(policy.error);
  const pace = paceOf(findings, policy, NOW);
  return { hours: pace.bakeAge / HOUR, windows: pace.windows.length, cause: pace.cause };
};

describe('an upgrade waits', () => {
  const cause = ', for CVE-2026-31415 (CRITICAL)';

  it.each([
    ['without findings', undefined, {}, { hours: 24, windows: 1, cause: '' }],
    ['for findings that are not urgent', need({ urgency: 'normal' }), {}, { hours: 24, windows: 1, cause }],
    ['for urgent ones', need(), {}, { hours: 2, windows: 1, cause }],
    [
      'for urgent ones that no sweep has confirmed for more than a day',
      need({ verifiedAt: NOW - 26 * HOUR }),
      {},
      { hours: 24, windows: 1, cause },
    ],
    ['where findings start nothing', need(), { findings: { mode: 'observe' } }, { hours: 24, windows: 1, cause: '' }],
    ['never longer for urgent ones', need(), { upgrades: { bakeAge: '1h' } }, { hours: 1, windows: 1, cause }],
    [
      'for no window where the policy says so',
      need(),
      { upgrades: { urgent: { ignoreWindows: true } } },
      { hours: 2, windows: 0, cause },
    ],
    [
      'for windows nevertheless if they are not urgent',
      need({ urgency: 'normal' }),
      { upgrades: { urgent: { ignoreWindows: true } } },
      { hours: 24, windows: 1, cause },
    ],
  ])('%s', (_what, findings, document, expected) => {
    expect(paceBy(findings, document)).toEqual(expected);
  });
});
