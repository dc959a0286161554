import { readOptions, wholeNumber } from '../cli/script-options.ts';

/** What is simulated. */
export interface Settings {
  readonly seeds: number;
  readonly from: number;
  /** Processes that share the seeds. */
  readonly jobs: number;
  /** How many seeds come to one that whole bundles play over the wire, too; 0: none is. */
  readonly wireEvery: number;
  /** Parts of the scenario that are left out, as a failing seed's replay command names them. */
  readonly without: readonly string[];
  /** Whether a failing seed is shrunk, which plays it again for each part. */
  readonly shrinks: boolean;
}

export const USAGE = `Usage: npm run simulate [-- OPTIONS]

Plays a virtual day of twenty workers for each seed, with at least three kinds of faults, and watches what must hold.

  --seeds N       how many seeds (default 50)
  --from N        the first seed (default 1)
  --jobs N        processes that share them (default 2)
  --wire-every N  one in N seeds is also played by whole bundles over the wire (default 0: none)
  --without PARTS what a scenario is played without: as the replay command of a failing seed says it
  --no-shrink     a failing seed is told as it is
  -h, --help      this

Exit codes: 0 all held; 1 something was broken; 2 a wrong argument.`;

/** @throws UsageError that names the option */
export function readSettings(args: readonly string[]): Settings {
  const options = {
    seeds: { type: 'string', default: '50' },
    from: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '2' },
    'wire-every': { type: 'string', default: '0' },
    without: { type: 'string', default: '' },
    'no-shrink': { type: 'boolean', default: false },
  } as const;
  const values = readOptions(args, options, USAGE);
  return {
    seeds: wholeNumber('seeds', values.seeds, 1),
    from: wholeNumber('from', values.from, 0),
    jobs: wholeNumber('jobs', values.jobs, 1),
    wireEvery: wholeNumber('wire-every', values['wire-every'], 0),
    without: values.without.split(',').filter((part) => part !== ''),
    shrinks: !values['no-shrink'],
  };
}
