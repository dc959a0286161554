import { FUNCTION_MEMORY_MB } from '../infra/function-memory.ts';
import { PRICES } from '../infra/prices.ts';
import { MEGABYTES_PER_CORE, type SweepFigures } from './sweeps.ts';

/** The sweep is hourly by default. */
const SWEEPS_PER_MONTH = 730;
/** What a call of the sandbox takes on average, s. */
const CALL_SECONDS = 0.035;
/** BatchGetItem reads at most 100 items, each of which costs a unit when it has at most 4 KB. */
const UNITS_PER_READ = 100;

/** What the hourly sweeps of a function cost a month, US dollars. */
export interface SweepingMonth {
  readonly lambda: number;
  readonly ledger: number;
}

/**
 * The cost of a fleet in which nothing happens, from the calls and the CPU of one sweep. Lambda bills computing and
 * waiting: each call counts as if the function did nothing else meanwhile, so that this is the most.
 */
export function sweepingMonth({
  cpuMs,
  calls,
  clusters,
  ledgerReads,
}: Pick<SweepFigures, 'cpuMs' | 'calls' | 'clusters' | 'ledgerReads'>): SweepingMonth {
  const seconds = (cpuMs / 1_000) * (MEGABYTES_PER_CORE / FUNCTION_MEMORY_MB) + calls * CALL_SECONDS;
  const run = seconds * (FUNCTION_MEMORY_MB / 1_024) * PRICES.lambdaGbSecond + clusters * PRICES.lambdaRequest;
  return {
    lambda: SWEEPS_PER_MONTH * run,
    ledger: SWEEPS_PER_MONTH * ledgerReads * UNITS_PER_READ * PRICES.dynamoDbReadUnit,
  };
}
