import type { Ledger } from '../shared/ledger/ledger.ts';
import type { Clock } from '../shared/runtime/clock.ts';
import type { Decision } from './decide.ts';
import type { LaunchClients } from './group-launches.ts';
import type { Observation } from './observe.ts';
import type { Recorder } from './remediation.ts';

/** What a run reads and records with. */
export interface TellDeps extends LaunchClients {
  readonly ledger: Ledger;
  readonly recorder: Recorder;
  readonly clock: Clock;
  /** Unique name of this run. */
  readonly caller: string;
}

/** The clusters of a run, with what was decided about the support of their versions. */
export interface DecidedFleet {
  /** The names of all clusters. */
  readonly names: readonly string[];
  /** The clusters that could be read. */
  readonly observations: readonly Observation[];
  /** The decisions about their support, by cluster. */
  readonly decided: ReadonlyMap<string, Decision>;
}
