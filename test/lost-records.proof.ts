import { describe, expect, it } from 'vitest';
import * as agentRequest from '../events/agent-reconcile-request.ts';
import * as findingsRequest from '../events/findings-reconcile-request.ts';
import * as postureRequest from '../events/posture-reconcile-request.ts';
import * as quarantineRequest from '../events/quarantine-reconcile-request.ts';
import * as upgradeRequest from '../events/upgrade-reconcile-request.ts';
import * as imdsRequest from '../functions/require-imdsv2/reconcile-request.ts';
import { al2023, DROP_INS, directory, dropIn, file, WITH_DROP_INS } from '../sandbox/account/ssm/node-systems.ts';
import { findingsFleet, HASTY } from './findings.fixture.ts';
import { eventAt, MINUTE, type Scenario, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { lostRecords } from './lost-records.ts';
import { privateFleet } from './quarantine.fixture.ts';
import { launch } from './ssm-agent.fixture.ts';

/** Somebody else's event about the same cluster, each few seconds: whoever dies is not the next one to look. */
const others = (sample: { readonly detail: object } & Parameters<typeof eventAt>[1], from: number, detail: object) =>
  Array.from({ length: 40 }, (_, index) =>
    eventAt(from + index * 20_000, { ...sample, id: `other-${index}`, detail: { ...sample.detail, ...detail } }),
  );
const ofShop = { trigger: 'operator', clusterName: 'shop', instanceIds: undefined };

const OPEN = al2023({
  flags: WITH_DROP_INS,
  files: [directory(DROP_INS), file(`${DROP_INS}/99-debug.conf`, '0644', dropIn({ readOnlyPort: 10255 }))],
});
const group = (ssm: object) => ({ name: 'web', desiredSize: 1, releaseVersion: '1.33.13-20260714', ssm });

const CASES: Readonly<Record<string, Scenario>> = {
  'require-imdsv2': {
    fleet: privateFleet({}, {}, { nodeGroups: [group({ imdsTokens: 'optional' })] }),
    policy: { imds: { mode: 'enforce' } },
    events: others(imdsRequest.sample, MINUTE, ofShop),
    play: '90m',
  },
  'check-posture': {
    fleet: {
      startsAt: '2026-07-14T00:00:00Z',
      clusters: [
        {
          name: 'shop',
          version: '1.33',
          nodeGroups: [
            {
              name: 'web',
              amiType: 'AL2023_x86_64_STANDARD',
              releaseVersion: '1.33.5-20260601',
              ssm: { commands: { host: OPEN } },
            },
          ],
        },
      ],
    },
    events: others(postureRequest.sample, MINUTE, { trigger: 'operator', clusterName: 'shop' }),
    play: '90m',
  },
  'manage-ssm-agent': {
    ...launch('selfManagedGroup', { agent: 'missing', osImage: 'Ubuntu 22.04.5 LTS' }),
    events: others(agentRequest.sample, 2 * MINUTE, ofShop),
    play: '100m',
  },
  'triage-findings': {
    ...findingsFleet(),
    policy: HASTY,
    events: others(findingsRequest.sample, 15 * MINUTE, { clusterName: 'shop', nodegroupName: 'web' }),
    play: '310m',
  },
  'quarantine-workers': {
    fleet: privateFleet(group({}), {
      changes: [{ at: '+2m', cluster: 'shop', nodeGroup: 'web', associateAddress: true }],
    }),
    policy: { quarantine: { mode: 'enforce' } },
    events: others(quarantineRequest.sample, 2 * MINUTE, ofShop),
    play: '40m',
  },
  'upgrade-node-groups': {
    ...findingsFleet({ vulnerabilities: [] }),
    policy: HASTY,
    events: others(upgradeRequest.sample, 160 * MINUTE, {
      trigger: 'operator',
      clusterName: 'shop',
      nodegroupName: 'web',
    }),
    play: '260m',
  },
};

/** Dying after a call that only reads is dying before the next one. */
const READS = /^(Describe|Get|List|BatchGet|Query|GET|LIST)/;
/** Most deaths of one function that are tried, spread over its life. */
const MOST = 6;

describe.each(Object.entries(CASES))('%s', (name, scenario) => {
  it('loses no record, wherever it dies, when another event of the same subject comes first', async () => {
    const undisturbed = await start(scenario);
    expect(await lostRecords(undisturbed)).toEqual([]);
    const ours = undisturbed.records.filter(({ remediation }) => remediation === name);
    expect(ours.length).toBeGreaterThan(0);
    const calls = undisturbed.calls.filter((call) => call.function === name);
    const changing = calls.flatMap(({ operation }, index) => (READS.test(operation) ? [] : [index + 1]));
    expect(changing.length).toBeGreaterThan(2);
    const step = Math.max(1, Math.ceil(changing.length / MOST));
    for (const call of changing.filter((_, index) => index % step === 0))
      for (const when of ['before', 'after'] as const) {
        const run = await start({ ...scenario, faults: { crash: { function: name, call, when } } });
        const where = `${when} call ${call}, ${calls[call - 1]?.operation}`;
        expect(await lostRecords(run), where).toEqual([]);
        expect(await deniedCalls(run.account, run.calls), where).toEqual([]);
      }
  });
});
