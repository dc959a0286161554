import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deadLetterCount } from '../test/harness.ts';
import { deniedCalls } from '../test/iam.ts';
import { checkTraffic, playInto } from './calls.ts';
import { isThere, titled } from './tools.ts';
import { Traffic } from './traffic.ts';

const FLEETS = globSync('*.json', { cwd: join(import.meta.dirname, '..', 'sandbox', 'fleets') })
  .map((file) => file.replace('.json', ''))
  .sort();

/** How long each fleet is played here, until each of its functions has decided. The default is a day. */
const LENGTHS: Readonly<Record<string, string>> = {
  demo: '28h',
  findings: '7h',
  'findings-storm': '65m',
  mixed: '30h',
  quarantine: '3h',
  'ssm-agent': '3h',
  'thousand-groups': '2h',
  year: '6h',
};

/** Thousands of alike resources, about each of which IAM would be asked. */
const CROWDS = new Set(['findings-storm', 'thousand-groups']);

describe.skipIf(!isThere('boto'))(titled('each call, as botocore models it,', 'boto'), () => {
  // test/fleets.proof.ts plays the same in process and looks at what comes of it. Here, every function runs from its
  // whole bundle and calls over the wire.
  it.each(FLEETS)('of the functions in the fleet %s; none is denied, and nothing is lost or fails', async (fleet) => {
    const traffic = new Traffic();
    const run = await playInto({ fleet, play: LENGTHS[fleet] ?? '1d' }, traffic);
    checkTraffic(traffic, fleet);
    if (!CROWDS.has(fleet)) expect(await deniedCalls(run.account, run.calls)).toEqual([]);
    const { deliveries, lambda } = run.account;
    expect([run.errors, deliveries.lost, lambda.dropped, deadLetterCount(run)]).toEqual([[], [], [], 0]);
  });
});
