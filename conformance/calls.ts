import { expect } from 'vitest';
import { parseDuration } from '../sandbox/fleet/time.ts';
import type { Run } from '../sandbox/play.ts';
import { type Scenario, start } from '../test/harness.ts';
import { count } from './counts.ts';
import { checkExchanges } from './exchanges.ts';
import type { Traffic } from './traffic.ts';

/** Checks the calls of some caller against botocore's models, and counts them. */
export const checkTraffic = (traffic: Traffic, who: string): void => {
  expect(traffic.exchanges.length).toBeGreaterThan(0);
  const { counts, problems, operations } = checkExchanges(traffic.exchanges);
  expect(problems).toEqual({});
  const checked = Object.values(counts).reduce((sum, each) => sum + each, 0);
  count(
    `inputs: ${who}: ${checked} of ${traffic.count} calls checked, the rest alike; ${Object.keys(operations).length} operations`,
  );
};

/** Plays a scenario, a day unless it says otherwise, and has the traffic listen to its calls. */
export const playInto = async (scenario: Scenario, traffic: Traffic): Promise<Run> => {
  const { play: length = '1d', ...rest } = scenario;
  const run = await start({ seed: 7, ...rest });
  traffic.listenTo(run.account.server.http);
  await run.account.play(parseDuration(length) ?? Number.NaN);
  return run;
};
