import * as z from 'zod';
import { eventSchema, instanceId } from './envelope.ts';

/**
 * Amazon Inspector cannot scan an instance, because no SSM agent answers for it. Newer responses of Inspector call this
 * `RESOURCE_UNMANAGED`. Source: Inspector API reference, ScanStatus.
 */
export const detailType = 'Inspector2 Coverage';

const SOURCE = 'aws.inspector2';
const REASONS = ['UNMANAGED_EC2_INSTANCE', 'RESOURCE_UNMANAGED'] as const;

export const pattern = {
  source: [SOURCE],
  'detail-type': [detailType],
  detail: { scanStatus: { reason: [...REASONS] } },
};

export const detail = () => z.object({ scanStatus: z.object({ reason: z.enum(REASONS) }) });

/** The first resource is the instance id, not an ARN. */
export const schema = z.lazy(() =>
  eventSchema(SOURCE, detailType, detail)
    .unwrap()
    .extend({ resources: z.tuple([instanceId], z.string()) }),
);
export type InspectorCoverage = z.infer<typeof schema>;

export const sample: InspectorCoverage = {
  version: '0',
  id: '6e2f8a41-7c3d-4b95-a1d0-5f7b9d1e3c28',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T18:20:00Z',
  resources: ['i-0f3a5c7e9b1d2f4a6'],
  detail: { scanStatus: { reason: REASONS[0] } },
};
