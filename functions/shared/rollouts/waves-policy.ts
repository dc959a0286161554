import * as z from 'zod';
import { duration } from '../runtime/duration.ts';

const waveName = z
  .string()
  .regex(/^[0-9A-Za-z][0-9A-Za-z_-]{0,19}$/, 'must be at most 20 letters, digits, dashes or underscores');

/** Whether the section's `waves` list its `wave`. */
export const isWaveNamed = ({
  waves,
  wave,
}: {
  readonly waves: readonly string[];
  readonly wave?: string | undefined;
}) => wave === undefined || waves.includes(wave);

/** The message and the place of the fault for a `wave` that `waves` does not list. */
export const WAVE_UNNAMED = {
  path: ['wave'],
  error: 'must be one of upgrades.waves, which name the waves in their order',
};

/** The keys of `upgrades` that are about waves. */
export const waveKeys = {
  waves: z
    .array(waveName)
    .max(10)
    .refine((names) => new Set(names).size === names.length, 'must name each wave once')
    .default([])
    .describe(
      'The names of the waves, in their order. A release goes through one after the other, and its first node group goes alone. Empty: there are no waves.',
    ),
  wave: waveName
    .optional()
    .describe('The wave of a node group, mostly set by an override. Absent: the last of `waves`.'),
  bakeBetween: duration
    .prefault('24h')
    .describe('How long a release must have run well in all earlier waves before a node group takes it.'),
};
