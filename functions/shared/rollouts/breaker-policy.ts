import * as z from 'zod';
import { durationFrom } from '../runtime/duration.ts';

const groups = (count: number, where: string) =>
  z
    .int()
    .min(1)
    .max(1000)
    .default(count)
    .describe(`Nothing more starts once so many node groups have failed ${where}.`);

/** The policy section `upgrades.breaker`. */
export const breaker = z
  .strictObject({
    release: groups(3, 'to move to one release'),
    wave: groups(5, 'in one wave, within `within`'),
    cluster: groups(5, 'in one cluster, within `within`'),
    fleet: groups(10, 'in the account and region, within `within`'),
    within: durationFrom('1h', 'failures of the same cause would hardly ever count together')
      .prefault('24h')
      .describe(
        'Failures of a wave, a cluster or the fleet count together when no more than this time lies between them.',
      ),
  })
  .prefault({})
  .describe('After so many failures nothing new starts until an operator resumes it. What runs is followed.');

/** How many node groups may fail, and where. */
export type BreakerLimits = z.infer<typeof breaker>;
