import type { Policy } from './policy.ts';

/** Something that happens during a simulated day. Each can be left out, and the rest still makes sense. */
export type Step = { readonly atMinute: number } & (
  | { readonly kind: 'policy'; readonly policy: Policy }
  /** An operator's request about one of the workers in quarantine then, counted from the first. */
  | { readonly kind: 'ask'; readonly action: 'release' | 'extend' | 'terminate'; readonly index: number }
  /** An operator's ruling on one of the workers that ever were exposed. */
  | { readonly kind: 'rule'; readonly action: 'approve' | 'reject'; readonly index: number }
  /** A worker gets an Elastic IP, and no event tells. */
  | { readonly kind: 'expose-silently'; readonly index: number }
  /** An event about whatever instance there is, as a forger could send it. */
  | { readonly kind: 'forged-launch'; readonly index: number }
);
