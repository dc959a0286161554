import type { RemediationRecord } from './record.ts';

/** A record as functions write it, shown on the page about records. */
export const exampleRecord: RemediationRecord = {
  kind: 'record',
  version: 1,
  id: '1300d05704d8ad6ccae36b32b11d0ba8',
  time: '2026-07-15T17:30:28.739Z',
  account: '111122223333',
  region: 'eu-central-1',
  cluster: 'shop',
  nodegroup: 'web',
  remediation: 'upgrade-node-groups',
  mode: 'enforce',
  decision: 'acted',
  reason: 'upgrade-started',
  message: 'The node group is being upgraded from 1.35.6-20260625 to 1.35.6-20260714.',
  trigger: { id: 'wake-up shop/web 2026-07-15T17:30:01.000Z', type: 'Upgrade Reconcile Request (wake-up)' },
  calls: [{ service: 'eks', operation: 'UpdateNodegroupVersion', requestId: '6b1c9a3e-5d1f-4a58-9f0e-2f8f7e4c1d20' }],
  correlationId: '1.35/AL2023_x86_64_STANDARD 1.35.6-20260714',
  latencyMs: 27739,
};
