import * as z from 'zod';
import { eventSchema } from './envelope.ts';

/**
 * An SSM Change Calendar of the account has opened. A calendar that another account shares sends its events there
 * (Systems Manager user guide, "Change Calendar").
 */
export const detailType = 'Calendar State Change';

const SOURCE = 'aws.ssm';

export const pattern = { source: [SOURCE], 'detail-type': [detailType], detail: { state: ['OPEN'] } };

export const detail = () => z.object({ state: z.literal('OPEN') });

export const schema = eventSchema(SOURCE, detailType, detail);
export type CalendarOpened = z.infer<typeof schema>;

export const sample: CalendarOpened = {
  version: '0',
  id: 'f30df03a-1011-4c9a-87a3-f761e0a1b2c3',
  source: SOURCE,
  'detail-type': detailType,
  account: '111122223333',
  region: 'eu-central-1',
  time: '2026-07-14T18:00:07Z',
  resources: ['arn:aws:ssm:eu-central-1:111122223333:document/release-freeze'],
  detail: { state: 'OPEN' },
};
