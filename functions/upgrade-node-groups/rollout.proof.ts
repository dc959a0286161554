import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type AnyFleet, anyFleet } from './any-fleet.fixture.ts';
import { judge } from './rollout.fixture.ts';
import { free } from './rollout-goals.fixture.ts';

it('over any fleet and history no start breaks a law, and whoever is not forbidden for ever gets there', async () => {
  const seen = { starts: 0, failures: 0, approvals: 0, resumed: 0, followed: 0, free: 0, groups: 0 };
  const holds = async (fleet: AnyFleet) => {
    const play = await judge(fleet);
    const count = (kind: string) => play.events.filter((event) => event.kind === kind).length;
    seen.starts += count('start');
    seen.failures += count('failure');
    seen.approvals += count('approve');
    seen.resumed += count('resume');
    seen.followed += play.events.filter(({ from, version }) => from !== undefined && from.version !== version).length;
    seen.free += free(play).length;
    seen.groups += play.model.groups.length;
  };
  await fc.assert(fc.asyncProperty(anyFleet, holds), { numRuns: 300 });
  // What nothing of this happens in proves nothing.
  expect(Math.min(seen.starts, seen.failures, seen.approvals, seen.resumed, seen.followed)).toBeGreaterThan(20);
  expect(seen.free).toBeGreaterThan(seen.groups / 2);
});
