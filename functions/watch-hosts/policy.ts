import type { PolicyWith } from '../shared/policy/policy.ts';

/** `watch-hosts` reads no section of the policy, only its scope. */
export const READS = {};
export type Policy = PolicyWith<typeof READS>;
