import * as z from 'zod';

/** A declaration with everything that is required, and a section of the policy. */
export const whole = {
  name: 'water-plants',
  summary: 'Waters',
  startedBy: 'drought',
  subject: 'instance',
  start: { by: 'queue', queue: { batch: 10, concurrency: 2 } },
  timeoutSeconds: 60,
  policy: { section: 'plants', reads: { plants: () => z.strictObject({ litres: z.number().default(1) }) } },
  reasons: {},
  metrics: { Watered: 'Plants that were watered.' },
  events: {},
  requests: [],
  ledger: [],
  rights: [],
  alarms: {},
} as const;
