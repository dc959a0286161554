import type { FaultPlan } from '../sandbox/account/faults.ts';
import type { ControlPlanes } from './control-planes.ts';
import type { ExposedPools } from './exposed-pools.ts';
import type { Hosts } from './hosts.ts';
import type { NodeClasses } from './node-classes.ts';
import type { Addresses, Calendar } from './obstacles.ts';
import type { Posture } from './posture.ts';
import type { Gate, Waves, Window } from './rollout.ts';
import type { Rulings } from './rulings.ts';
import type { SelfManaged } from './self-managed.ts';
import type { Shells } from './shells.ts';
import type { Sweeps } from './sweeps.ts';
import type { Vulnerabilities } from './vulnerabilities.ts';

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

/** The parts of a policy document that a simulation varies. */
export interface Policy {
  readonly killSwitch: boolean;
  readonly upgrades: {
    readonly mode: Mode;
    readonly bakeAge: string;
    readonly concurrency: { readonly perCluster: number; readonly perAccount: number };
    readonly waitForQuarantine: string;
    /** Absent: nothing waits for an approval in mode enforce. */
    readonly approval?: 'required' | 'none';
    /** Absent: nothing that the policy names keeps upgrades from starting. */
    readonly gates?: object;
    readonly [key: string]: unknown;
  };
  readonly quarantine: {
    readonly mode: Mode;
    readonly exposure: 'address' | 'open-port';
    readonly respond: 'isolate' | 'strip';
    readonly outOfService: 'standby' | 'detach';
    /** Absent: EC2 terminates whoever it is asked to. */
    readonly terminationProtection?: boolean;
    readonly concurrency: { readonly perGroup: number; readonly perCluster: number; readonly perAccount: number };
  };
  /** Absent: the day has no self-managed groups. */
  readonly refreshes?: SelfManaged['refreshes'];
  readonly drains?: SelfManaged['drains'];
  /** Absent: hosts lack nothing that days look at. */
  readonly imds?: { readonly mode: Mode };
  readonly posture?: {
    readonly mode: Mode;
    readonly waivers?: ReadonlyArray<{ readonly check: string; readonly nodegroup?: string }>;
    readonly [key: string]: unknown;
  };
  readonly shells?: { readonly hosts: Mode };
  readonly [section: string]: unknown;
}

export type Mode = 'enforce' | 'observe' | 'off';

/** A node group of a drawn fleet. */
export interface Group {
  readonly cluster: string;
  readonly nodeGroup: string;
}

/** One simulated day: plain data, so that it can be printed, shortened and played again. */
export interface Scenario {
  readonly seed: number;
  /** The members of a fleet file. */
  readonly fleet: {
    readonly releases: ReadonlyArray<{
      readonly at: string;
      readonly releaseVersion: string;
      readonly [key: string]: unknown;
    }>;
    /** AMIs of their owner; absent: there are none. */
    readonly images?: readonly object[];
    readonly launches: readonly object[];
    readonly changes: readonly object[];
    readonly clusters: ReadonlyArray<{
      readonly name: string;
      readonly nodeGroups: ReadonlyArray<{
        readonly name: string;
        readonly tags?: Readonly<Record<string, string>>;
        readonly [key: string]: unknown;
      }>;
      /** The functions that its Kubernetes API lets in. */
      readonly accessEntries?: readonly object[];
      readonly [key: string]: unknown;
    }>;
    readonly [key: string]: unknown;
  };
  readonly policy: Policy;
  readonly faults: FaultPlan;
  readonly steps: readonly Step[];
  /** Absent: there are no waves. */
  readonly waves?: Waves;
  /** Absent: no alarm keeps upgrades from starting. */
  readonly gate?: Gate;
  /** Absent: upgrades start at any time. */
  readonly window?: Window;
  /** Absent: EKS manages all groups. */
  readonly selfManaged?: SelfManaged;
  /** Absent: no cluster has Karpenter. */
  readonly nodeClasses?: NodeClasses;
  /** Absent: hosts lack nothing, and their agents are mostly left alone. */
  readonly hosts?: Hosts;
  /** Absent: nobody rules on groups. */
  readonly rulings?: Rulings;
  /** Absent: the stack sweeps each hour. */
  readonly sweeps?: Sweeps;
  /** Absent: Inspector's scanning is off. */
  readonly vulnerabilities?: Vulnerabilities;
  /** Absent: nobody changes control planes, and all nodes run their version. */
  readonly controlPlanes?: ControlPlanes;
  /** Absent: no change calendar keeps upgrades from starting. */
  readonly calendar?: Calendar;
  /** Absent: subnets have free addresses. */
  readonly addresses?: Addresses;
  /** Absent: nodes of Karpenter are exposed by silent steps at most. */
  readonly exposedPools?: ExposedPools;
  /** Absent: hosts are not checked, but for what ways in need. */
  readonly posture?: Posture;
  /** Absent: nobody gets a shell by SSH. */
  readonly shells?: Shells;
}

/** The access entries of a cluster of a drawn fleet, and one more. */
export const withAccess = (
  { accessEntries = [] }: Scenario['fleet']['clusters'][number],
  name: string,
  kubernetesGroup: string,
): readonly object[] => [...accessEntries, { function: name, kubernetesGroups: [kubernetesGroup] }];

/** Kinds of faults that a scenario has. */
export const faultKinds = ({ faults: { quietAfterMs: _, ...kinds }, fleet }: Scenario): string[] => [
  ...Object.keys(kinds),
  ...(fleet.eventualConsistency === true ? ['eventualConsistency'] : []),
];
