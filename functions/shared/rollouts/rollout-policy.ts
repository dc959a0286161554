import * as z from 'zod';
import { gates } from '../gates/gates-policy.ts';
import type { PolicyWith } from '../policy/policy.ts';
import { breaker } from './breaker-policy.ts';
import { isWaveNamed, WAVE_UNNAMED, waveKeys } from './waves-policy.ts';

/**
 * The keys of the policy section `upgrades` that hold for every function that moves groups to releases: the wave,
 * the gates and the breakers.
 */
const rollouts = () => z.looseObject({ ...waveKeys, gates, breaker }).refine(isWaveNamed, WAVE_UNNAMED);

/** The sections of the policy that rollouts depend on. */
export const READS = { upgrades: rollouts };
export type RolloutPolicy = PolicyWith<typeof READS>;
