import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { whyUnreadable } from '../../cli/input-file.ts';
import { UsageError } from '../../cli/usage-error.ts';
import { MOST_POLICY_BYTES } from '../../functions/shared/policy/policy-size.ts';
import { describeIssue } from '../../functions/shared/runtime/issue.ts';
import { whyNotJson } from '../../functions/shared/text/not-json.ts';
import type { BusEvent } from '../account/event-bridge/event-bridge.ts';
import { type Fleet, FleetFileError } from '../fleet/fleet.ts';
import { parseFleet } from '../fleet/parse-fleet.ts';
import { DURATION_FORMS, parseDuration } from '../fleet/time.ts';

export const USAGE = `Usage: npm run -s sandbox -- --fleet FLEET.json [options]
       npm run -s sandbox -- --schema | --help

  --fleet FILE           the fleet (sandbox/fleets/ has examples)
  --schema               print the JSON Schema of a fleet file
  --event FILE[@OFFSET]  put an EventBridge event, or an array of them, on the bus, at the start or later (@30s);
                         may be repeated
  --policy FILE          the policy document (default: {}, a good policy)
  --for DURATION         how long to play, in virtual time, at most 1000d (default: 1d; with --listen: until interrupted)
  --seed NUMBER          the same seed gives the same run (default: 1)
  --json                 JSON Lines on stdout: records, then the fleet
  --calls                with --json: each AWS call of a function too
  --listen PORT          serve the account on 127.0.0.1:PORT, for the stock AWS CLI
  --speed NUMBER         with --listen: virtual seconds per second (default: 60)
  -h, --help             this`;

/** A simulated year takes minutes of real time; a longer run is probably a typing error. Virtual ms. */
const LONGEST_RUN = 1000 * 86_400_000;

/** The options of a run. Times in virtual milliseconds. */
export interface Arguments {
  readonly fleet: Fleet;
  /** Events, each with the time from the start at which it is published on its bus. */
  readonly events: ReadonlyArray<{ readonly after: number; readonly event: BusEvent }>;
  readonly policy: string | undefined;
  /** Undefined: until interrupted. */
  readonly duration: number | undefined;
  readonly seed: number;
  readonly json: boolean;
  readonly calls: boolean;
  readonly listen: { readonly port: number; readonly speed: number } | undefined;
}

/**
 * Reads the command line and every file that it names.
 * @returns `schema` or `help` when only the JSON Schema of a fleet file or this command's usage is requested
 * @throws UsageError that names the wrong option, or the file and field
 */
export function readArguments(argv: readonly string[]): Arguments | 'schema' | 'help' {
  const given = parse(argv);
  if (given.help === true) return 'help';
  if (given.schema === true) return 'schema';
  if (given.fleet === undefined) throw new UsageError(`--fleet: missing\n\n${USAGE}`);
  if (given.calls === true && given.json !== true) throw new UsageError('--calls: only with --json');
  if (given.speed !== undefined && given.listen === undefined) throw new UsageError('--speed: only with --listen');
  const listen =
    given.listen === undefined
      ? undefined
      : {
          port: wholeNumber('listen', given.listen, 0, 65_535),
          speed: wholeNumber('speed', given.speed ?? '60', 1, 86_400),
        };
  const duration = given.for === undefined && listen !== undefined ? undefined : durationOf('for', given.for ?? '1d');
  if (duration !== undefined && duration > LONGEST_RUN) throw new UsageError(`--for: "${given.for}" is over 1000d`);
  return {
    fleet: readFleet(given.fleet),
    events: (given.event ?? []).flatMap((argument) => readEvents(argument, duration)),
    policy: given.policy === undefined ? undefined : readPolicy(given.policy),
    duration,
    seed: wholeNumber('seed', given.seed ?? '1', 0, 4_294_967_295),
    json: given.json ?? false,
    calls: given.calls ?? false,
    listen,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        fleet: { type: 'string' },
        schema: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        event: { type: 'string', multiple: true },
        policy: { type: 'string' },
        for: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean' },
        calls: { type: 'boolean' },
        listen: { type: 'string' },
        speed: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

/** @throws UsageError with every wrong field */
export function readFleet(file: string): Fleet {
  try {
    return parseFleet(readText('fleet', file), file);
  } catch (error) {
    if (error instanceof FleetFileError) throw new UsageError(error.message);
    throw error;
  }
}

const eventFile = z.looseObject({
  version: z.string().default('0'),
  id: z.string().min(1),
  source: z.string().min(1),
  'detail-type': z.string().min(1),
  account: z.string().regex(/^\d{12}$/, 'must be a 12-digit AWS account id'),
  region: z.string().min(1),
  time: z.iso.datetime({ offset: true, error: 'must be an ISO 8601 time such as 2026-07-14T18:05:11Z' }),
  resources: z.array(z.string()).default([]),
  detail: z.record(z.string(), z.unknown()),
});

function readEvents(argument: string, duration = Number.POSITIVE_INFINITY): Arguments['events'] {
  const [, file = argument, offset] = /^(.+)@([^@/]+)$/.exec(argument) ?? [];
  const after = offset === undefined ? 0 : durationOf('event', offset);
  if (after > duration) throw new UsageError(`--event ${argument}: after the end of the run, see --for`);
  const text = readText('event', file);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--event ${file}: not JSON: ${whyNotJson(text, error)}`);
  }
  const schema = Array.isArray(json) ? z.array(eventFile) : eventFile;
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `--event ${file}: ${describeIssue(issue, { schema, input: json })}`,
    );
    throw new UsageError(`${problems.join('\n')}\nAn event is JSON as EventBridge delivers it.`);
  }
  return [parsed.data].flat().map((event) => ({ after, event }));
}

/** The document unchanged, valid or not. Only what Parameter Store itself would reject is refused. */
function readPolicy(file: string): string {
  const text = readText('policy', file);
  const bytes = Buffer.byteLength(text);
  if (bytes >= 1 && bytes <= MOST_POLICY_BYTES) return text;
  throw new UsageError(`--policy ${file}: ${bytes} bytes; SSM Parameter Store takes 1 to ${MOST_POLICY_BYTES}`);
}

function readText(option: string, file: string): string {
  try {
    // Editors on Windows add a byte order mark.
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    throw new UsageError(`--${option} ${file}: ${whyUnreadable(error)}`);
  }
}

function durationOf(option: string, text: string): number {
  const duration = parseDuration(text);
  if (duration === undefined) throw new UsageError(`--${option}: "${text}" is not ${DURATION_FORMS}`);
  return duration;
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new UsageError(`--${option}: "${text}" is not a whole number from ${least} to ${most}`);
}
