import type { ScanStatusReason, Severity } from '@aws-sdk/client-inspector2';
import type { Instance } from '../ec2/instances.ts';

/** A vulnerability of a package in AMIs. */
export interface Vulnerability {
  /** A value such as `CVE-2026-31415`. */
  readonly id: string;
  readonly severity: Severity;
  readonly package: string;
  readonly installedVersion: string;
  /** Undefined: there is no fix. */
  readonly fixedInVersion: string | undefined;
  /** When Inspector learns of it, epoch ms. */
  readonly publishedAt: number;
  readonly exploitAvailable: boolean;
  /** From 0 to 1. */
  readonly epss: number | undefined;
  /** Whether the packages of this AMI are vulnerable. */
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

/** Whether an instance is scanned for package vulnerabilities, and if not, why. */
export interface ScanState {
  readonly statusCode: 'ACTIVE' | 'INACTIVE';
  readonly reason: ScanStatusReason;
}
