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
  readonly refreshes?: {
    readonly mode: Mode;
    readonly concurrency: { readonly perCluster: number; readonly perAccount: number };
    readonly [key: string]: unknown;
  };
  readonly drains?: {
    readonly mode: Mode;
    readonly within: string;
    readonly retained: { readonly most: number; readonly forAtMost: string };
    readonly [key: string]: unknown;
  };
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
