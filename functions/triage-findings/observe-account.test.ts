import {
  AccessDeniedException,
  Inspector2Client,
  type ListCoverageCommandInput,
  ScanStatusReason,
} from '@aws-sdk/client-inspector2';
import { describe, expect, it } from 'vitest';
import { observeAccount } from './observe-account.ts';
import { isWorthTelling, reasonInWords } from './scan-reason.ts';

const ACCOUNT = '111122223333';

/** Coverage of an instance, as Inspector tells it. */
interface Covered {
  readonly id: string;
  readonly code: 'ACTIVE' | 'INACTIVE';
  readonly reason?: string;
  readonly scanMode?: string;
}

/** Inspector with these coverages. @returns who is not scanned, and how often coverage was asked for */
async function unscannedOf(coverage: readonly Covered[]) {
  const client = new Inspector2Client({ region: 'eu-central-1' });
  let asked = 0;
  client.send = async ({ constructor: { name }, input }: { constructor: { name: string }; input: object }) => {
    if (name === 'BatchGetAccountStatusCommand') {
      return { accounts: [{ accountId: ACCOUNT, resourceState: { ec2: { status: 'ENABLED' } } }] };
    }
    if (name !== 'ListCoverageCommand') return { responses: [] };
    asked += 1;
    const { scanStatusCode, scanMode } = (input as ListCoverageCommandInput).filterCriteria ?? {};
    const wanted = coverage.filter(
      ({ code, scanMode: mode = 'EC2_SSM_AGENT_BASED' }) =>
        scanStatusCode?.some(({ value }) => value === code) &&
        (scanMode === undefined || scanMode.some(({ value }) => value === mode)),
    );
    return { coveredResources: wanted.map(({ id, reason }) => ({ resourceId: id, scanStatus: { reason } })) };
  };
  const { unscanned } = await observeAccount(client, ACCOUNT, 'HIGH');
  return { unscanned: [...unscanned], asked };
}

describe('an instance that Inspector does not scan', () => {
  it('is told of with its reason, also one that nobody knows yet', async () => {
    const found = await unscannedOf([
      { id: 'i-1', code: 'INACTIVE', reason: 'STALE_INVENTORY' },
      { id: 'i-2', code: 'INACTIVE', reason: 'A_REASON_OF_TOMORROW' },
      { id: 'i-3', code: 'INACTIVE' },
    ]);
    expect(found.unscanned).toEqual([
      ['i-1', 'STALE_INVENTORY'],
      ['i-2', 'A_REASON_OF_TOMORROW'],
      ['i-3', 'UNKNOWN'],
    ]);
  });

  it.each(['EC2_INSPECTOR_AGENT_BASED', 'EC2_AGENTLESS'])(
    'is scanned all the same where a scan by %s covers it',
    async (scanMode) => {
      const found = await unscannedOf([
        { id: 'i-1', code: 'INACTIVE', reason: 'UNMANAGED_EC2_INSTANCE' },
        { id: 'i-1', code: 'ACTIVE', reason: 'SUCCESSFUL', scanMode },
        { id: 'i-2', code: 'INACTIVE', reason: 'RESOURCE_UNMANAGED' },
        { id: 'i-2', code: 'ACTIVE', reason: 'SUCCESSFUL' },
      ]);
      expect(found.unscanned).toEqual([['i-2', 'RESOURCE_UNMANAGED']]);
    },
  );

  it.each([
    'PENDING_INITIAL_SCAN',
    'PENDING_REVIVAL_SCAN',
    'SCAN_IN_PROGRESS',
    'INTERNAL_ERROR',
    'EC2_INSTANCE_STOPPED',
    'RESOURCE_STOPPED',
    'RESOURCE_TERMINATED',
  ])('is no news where it begins by itself, or there is nothing to scan: %s', async (reason) => {
    expect(await unscannedOf([{ id: 'i-1', code: 'INACTIVE', reason }])).toEqual({ unscanned: [], asked: 1 });
  });
});

/**
 * Reasons about images, functions and code, none of which is an instance. Source: Inspector API reference, ScanStatus.
 */
const NOT_OF_INSTANCES =
  /^(SCAN_FREQUENCY_|SCAN_ELIGIBILITY_|IMAGE_|NO_RESOURCES_FOUND|INTEGRATION_|UNSUPPORTED_(?!OS))/;

it.each(Object.values(ScanStatusReason).filter((reason) => !NOT_OF_INSTANCES.test(reason)))(
  'of the reason %s it is known whether it needs somebody, and what cures it',
  (reason) => {
    expect(isWorthTelling(reason) ? reasonInWords(reason, '1: i-1') : ', nobody').toContain(', ');
  },
);

it.each([
  { denied: 'ListCoverageCommand', afflicted: ['i-1'], unscanned: [] },
  { denied: 'ListFindingAggregationsCommand', afflicted: [], unscanned: [['i-2', 'STALE_INVENTORY']] },
])('a denied $denied keeps nothing else from being read', async ({ denied, afflicted, unscanned }) => {
  const client = new Inspector2Client({ region: 'eu-central-1' });
  const ofInstance = { ec2InstanceAggregation: { instanceId: 'i-1', severityCounts: { critical: 1 } } };
  client.send = async ({ constructor: { name }, input }: { constructor: { name: string }; input: object }) => {
    if (name === denied) throw new AccessDeniedException({ message: `not ${denied}`, $metadata: {} });
    const { filterCriteria } = input as ListCoverageCommandInput;
    const isAboutInactive = filterCriteria?.scanMode === undefined;
    return {
      accounts: [{ accountId: ACCOUNT, resourceState: { ec2: { status: 'ENABLED' } } }],
      responses: [ofInstance],
      coveredResources: isAboutInactive ? [{ resourceId: 'i-2', scanStatus: { reason: 'STALE_INVENTORY' } }] : [],
    };
  };
  const view = await observeAccount(client, ACCOUNT, 'HIGH');
  expect(view).toEqual({
    status: 'ENABLED',
    afflicted,
    unscanned: new Map(unscanned as Array<[string, string]>),
    refused: { code: 'AccessDeniedException', why: `not ${denied}` },
  });
});
