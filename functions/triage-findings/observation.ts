import type { Worker } from '../shared/fleet/worker.ts';
import type { FindingState, FindingTopic, Urgency } from '../shared/ledger/finding-ledger.ts';
import type { NodeGroupKey } from '../shared/ledger/node-group-ledger.ts';
import type { RecordSubject } from '../shared/records/record.ts';
import type { Trigger } from '../shared/records/recorder.ts';
import type { Target } from '../shared/releases/target-release.ts';

/** What a reconcile is about: the findings of a node group, whom of it Inspector does not scan, or Inspector as a whole. */
interface About {
  readonly subject: RecordSubject;
  readonly trigger: Trigger;
  readonly state: FindingState;
}

/** A node group of which somebody said that it has findings, or that was remembered to have some. */
export interface GroupObservation extends About {
  readonly topic: Extract<FindingTopic, 'findings'>;
  readonly subject: NodeGroupKey;
  /** How urgent the findings are that events told of; absent when no event did. */
  readonly claimed?: Urgency;
  readonly view: View;
}

export type View =
  | { readonly kind: 'gone' }
  | { readonly kind: 'unreadable'; readonly error: string }
  | { readonly kind: 'unmanaged'; readonly ownership: Exclude<Worker['ownership'], 'managed'> }
  | NodeGroupView;

export interface NodeGroupView {
  readonly kind: 'node-group';
  readonly clusterTags: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  readonly status: string;
  readonly amiType: string;
  readonly releaseVersion: string;
  readonly target: Target;
  /** What Inspector holds open on (a sample of) the workers: fixable, and as grave as the policy asks for. */
  readonly open: readonly OpenFinding[];
  /** Read where something is remembered that may be over. */
  readonly aftermath?: Aftermath;
}

export interface OpenFinding {
  readonly instanceId: string;
  /** For example `CVE-2026-31415`. */
  readonly vulnerabilityId: string;
  readonly severity: string;
  readonly urgency: Urgency;
  /** Whether the worker's AMI is the one of the node group's release. */
  readonly image: 'current' | 'other' | 'unknown';
}

/** How a sample of the workers that run the node group's release fares. */
export interface Aftermath {
  readonly workers: number;
  /** How many of them Inspector has scanned. */
  readonly scanned: number;
  /** Which of the remembered vulnerabilities Inspector holds open on them. */
  readonly stillOpen: readonly string[];
}

/** Workers of a group that Inspector does not scan. */
export interface CoverageObservation extends About {
  readonly topic: Extract<FindingTopic, 'coverage'>;
  /** Instance ids by the reason that Inspector gives. */
  readonly unscanned: ReadonlyMap<string, readonly string[]>;
}

/** Inspector's EC2 scanning in the account. */
export interface AccountObservation extends About {
  readonly topic: Extract<FindingTopic, 'coverage'>;
  /** For example ENABLED; undefined when Inspector does not tell. */
  readonly status: string | undefined;
  /** Why Inspector cannot be asked in this place. */
  readonly refused?: { readonly code: string; readonly why: string };
}
