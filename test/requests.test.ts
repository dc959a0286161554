import { describe, expect, it } from 'vitest';
import { type RemediationRequest, sample } from '../events/remediation-request.ts';
import type { Run } from '../sandbox/play.ts';
import { HOUR, playThrough, start, storyOf, upgradeCalls } from './harness.ts';
import { deniedCalls } from './iam.ts';

let requests = 0;

/** Puts an operator's request on the bus. */
function ask(run: Run, detail: Pick<RemediationRequest['detail'], 'remediation' | 'action'> & object, rest = {}): void {
  requests += 1;
  const time = new Date(run.account.time.now).toISOString();
  const who = { why: 'a test asked for it', requestedBy: 'arn:aws:iam::111122223333:role/tester' };
  run.account.putEvent({ ...sample, id: `request-${requests}`, time, detail: { ...who, ...detail }, ...rest });
}

const [OLD, NEW, NEWER] = ['1.33.12-20260625', '1.33.13-20260714', '1.33.13-20260801'];
const release = (releaseVersion: string, at: string) => ({
  at,
  kubernetesVersion: '1.33',
  amiType: 'AL2023_x86_64_STANDARD',
  releaseVersion,
});
const fleet = (group: object = {}, rest: object[] = []) => ({
  startsAt: '2026-07-14T00:00:00Z',
  releases: [release(OLD, '-10d'), release(NEW, '+30m'), ...rest],
  clusters: [
    {
      name: 'shop',
      version: '1.33',
      nodeGroups: [{ name: 'web', desiredSize: 2, updates: { minutesPerNode: 4 }, ...group }],
    },
  ],
});
const upgrades = (more: object = {}) => ({
  ssmAgent: { mode: 'off' },
  quarantine: { mode: 'off' },
  upgrades: { mode: 'observe', bakeAge: '1h', ...more },
});
const web = { remediation: 'upgrade-node-groups', clusterName: 'shop', nodegroupName: 'web' } as const;
const story = (run: Run): string[] => storyOf(run, 'shop', 'web').filter((line) => !line.includes('in-flight'));

describe('an upgrade in mode observe', () => {
  it('is done once when it is approved, and the records say by whom', async () => {
    const run = await start({ fleet: fleet(), policy: upgrades(), play: '3h' });
    expect(story(run).at(-1)).toBe('would-act would-upgrade');
    ask(run, { ...web, action: 'approve' });
    await run.account.play(HOUR);
    expect(story(run)).toEqual([
      'done up-to-date',
      'waiting baking',
      'would-act would-upgrade',
      'waiting request-granted',
      'acted upgrade-started',
      'done upgraded',
    ]);
    expect(upgradeCalls(run)).toHaveLength(1);
    expect(await deniedCalls(run.account, run.calls)).toEqual([]);
  });
});
