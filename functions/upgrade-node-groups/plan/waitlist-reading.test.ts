import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { machineImage } from '../../shared/releases/machine-image.fixture.ts';
import { targeting } from '../../shared/releases/target.fixture.ts';
import { HOUR, NOW, nodeGroup, observation, request } from '../model/observation.fixture.ts';
import type { Observation } from '../model/observation.ts';
import { policyOf } from '../policy.fixture.ts';
import { needsFleet, readLine } from './waitlist-reading.ts';

const RUNS = '1.33.13-20260714';
const waved = policyOf({ upgrades: { waves: ['canary', 'prod'] } });
/** A group that runs the newest release of its own version. */
const upToDate = observation(nodeGroup({ releaseVersion: RUNS, target: targeting(NOW - 48 * HOUR, RUNS) }));
const withView = (change: Parameters<typeof nodeGroup>[0]): Observation =>
  observation(nodeGroup({ releaseVersion: RUNS, target: targeting(NOW - 48 * HOUR, RUNS), ...change }));
const next = {
  version: '1.34',
  target: targeting(NOW - 48 * HOUR, '1.34.2-20260716'),
  controlPlane: { kind: 'control-plane' as const, isRolledBack: false, isUpgraded: true, since: NOW - 192 * HOUR },
};
const none = { kind: 'none' as const, reason: 'release-withdrawn' as const, message: '' };
const own = (wanted: string) => ({
  amiType: 'CUSTOM',
  releaseVersion: 'ami-0a',
  target: none,
  custom: {
    wanted: {
      kind: 'named' as const,
      candidates: [{ image: machineImage({ imageId: wanted, createdAt: wanted === 'ami-0a' ? 0 : NOW }) }],
    },
    kubernetesVersion: '1.33',
    present: { kind: 'found' as const, found: machineImage({ imageId: 'ami-0a', createdAt: 0 }) },
  },
});
const failures = [{ cause: 'PodEvictionFailure', releaseVersion: RUNS, count: 1, lastAt: NOW - HOUR }];

it.each<[string, Observation, boolean, boolean]>([
  ['has nothing newer', upToDate, false, false],
  ['has a newer release', observation(nodeGroup()), true, false],
  ['has a control plane to follow', withView({ next }), true, false],
  ['has a control plane to follow, and no release of its own', withView({ next, target: none }), true, false],
  ['has another AMI of its owner named', withView(own('ami-0b')), true, false],
  ['runs the AMI of its owner that is named', withView(own('ami-0a')), false, false],
  ['has failed', observation(upToDate.view, { setbacks: failures }), true, true],
  ['is asked to be resumed', { ...upToDate, request: request('resume') }, true, true],
  [
    'is asked to be resumed, and has no release',
    { ...withView({ target: none }), request: request('resume') },
    true,
    true,
  ],
])('all node groups are read where one %s', (_what, seen, withWaves, without) => {
  expect(needsFleet([seen], waved)).toBe(withWaves);
  expect(needsFleet([seen], policyOf())).toBe(without);
});

const turn = { published: NOW - HOUR, mayStartAt: NOW, hasFailed: false };
const waitlist = new Map(
  ['data/web', 'shop/web'].map((subject) => [subject, { outcomes: 1, revision: 1, turn }] as const),
);
const overriding = (cluster: string, mode: string) => ({
  name: 'here',
  match: { clusters: [cluster] },
  findings: { mode },
});

/** A ledger in which each group has urgent findings. */
function ledgerWithNeeds() {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ region: 'eu-central-1' }));
  const need = {
    urgency: 'urgent',
    severity: 'CRITICAL',
    vulnerabilities: ['CVE-2026-31415'],
    releaseVersion: RUNS,
    verifiedAt: NOW,
  };
  const items = [...waitlist.keys()].map((sk) => ({ sk, outcomes: 1, revision: 1, need }));
  documents.send = async (command: unknown) =>
    command instanceof QueryCommand ? { Items: [] } : { Responses: { t: items } };
  return { documents, table: 't' };
}

it.each<[string, object, string[]]>([
  ['everywhere', {}, ['data/web', 'shop/web']],
  ['nowhere', { findings: { mode: 'observe' } }, []],
  ['but in one cluster', { overrides: [overriding('data', 'observe')] }, ['shop/web']],
  ['in one cluster alone', { findings: { mode: 'observe' }, overrides: [overriding('data', 'enforce')] }, ['data/web']],
])(
  'urgent findings bring groups to the front of the line where the policy says so: %s',
  async (_what, document, first) => {
    const line = await readLine({ ledger: ledgerWithNeeds() }, policyOf(document), NOW, waitlist);
    expect([...line.urgent].toSorted()).toEqual(first);
  },
);
