import * as z from 'zod';
import { eventSchema } from './envelope.ts';

/** Amazon Inspector has found an open network path from the Internet to an EC2 instance. */
export const detailType = 'Inspector2 Finding';

const SOURCE = 'aws.inspector2';
const TYPE = 'NETWORK_REACHABILITY';

export const pattern = {
  source: [SOURCE],
  'detail-type': [detailType],
  detail: { type: [TYPE], status: ['ACTIVE'], resources: { type: ['AWS_EC2_INSTANCE'] } },
};

export const detail = () =>
  z.object({
    type: z.literal(TYPE),
    status: z.literal('ACTIVE'),
    resources: z
      .array(z.object({ type: z.string(), id: z.string().min(1) }))
      .refine(
        (resources) => resources.some(({ type }) => type === 'AWS_EC2_INSTANCE'),
        'must name an AWS_EC2_INSTANCE',
      ),
  });

export const schema = eventSchema(SOURCE, detailType, detail);
export type InspectorNetworkReachability = z.infer<typeof schema>;

export const sample: InspectorNetworkReachability = {
  version: '0',
  id: '5c7e9a1b-3d4f-4e60-8a2c-6b8d0f1e3a47',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T19:00:00Z',
  resources: ['i-0f3a5c7e9b1d2f4a6'],
  detail: {
    type: TYPE,
    status: 'ACTIVE',
    resources: [{ type: 'AWS_EC2_INSTANCE', id: 'i-0f3a5c7e9b1d2f4a6' }],
  },
};
