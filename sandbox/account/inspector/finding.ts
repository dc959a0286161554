import type { Severity } from '@aws-sdk/client-inspector2';
import type { Instance } from '../ec2/instances.ts';

/** A vulnerability of a package that AMIs bring along. */
export interface Vulnerability {
  /** For example `CVE-2026-31415`. */
  readonly id: string;
  readonly severity: Severity;
  readonly package: string;
  readonly installedVersion: string;
  /** Undefined: nobody has a fix. */
  readonly fixedInVersion: string | undefined;
  /** When Inspector learns of it, epoch ms. */
  readonly publishedAt: number;
  readonly exploitAvailable: boolean;
  /** 0 to 1. */
  readonly epss: number | undefined;
  /** Whether the packages of this AMI have it. */
  affects(imageId: string): boolean;
}

export interface Finding {
  readonly arn: string;
  readonly vulnerability: Vulnerability;
  readonly instance: Instance;
  /** Epoch ms. */
  readonly firstObservedAt: number;
  updatedAt: number;
  status: 'ACTIVE' | 'SUPPRESSED' | 'CLOSED';
}

/** Whether, and why not, an instance is scanned for package vulnerabilities. */
export interface ScanState {
  readonly statusCode: 'ACTIVE' | 'INACTIVE';
  readonly reason:
    | 'SUCCESSFUL'
    | 'PENDING_INITIAL_SCAN'
    | 'UNMANAGED_EC2_INSTANCE'
    | 'EC2_INSTANCE_STOPPED'
    | 'EXCLUDED_BY_TAG';
}
