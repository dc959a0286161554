import type * as z from 'zod';
import { type Policy, policySchema } from '../functions/policy-document.ts';
import { REMEDIATIONS } from '../functions/remediations.ts';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import { changeWindow, nextOpenings } from '../functions/shared/policy/change-window.ts';
import { lostNames } from '../functions/shared/policy/lost-names.ts';
import { valueAt } from '../functions/shared/policy/merge-override.ts';
import { policySchema as schemaOf } from '../functions/shared/policy/policy.ts';
import { MOST_POLICY_BYTES, tierWarningOf } from '../functions/shared/policy/policy-size.ts';
import { DAYS_BETWEEN_RELEASES } from '../functions/shared/releases/cadence.ts';
import { describeIssue } from '../functions/shared/runtime/issue.ts';
import { once } from '../functions/shared/runtime/once.ts';
import { safeParse } from '../functions/shared/runtime/safe-parse.ts';
import { whyNotJson } from '../functions/shared/text/not-json.ts';
import { doubleKeys } from './double-keys.ts';
import { type RightsSettings, rightsWarnings } from './policy-rights.ts';

const DAY = 86_400_000;

/** How many openings of each window are shown. */
const OPENINGS = 5;

/**
 * A window shorter than this may close before a reconcile runs, because EventBridge Scheduler fires within a minute of
 * its time, ms.
 */
const SHORTEST_WINDOW = 5 * 60_000;

/** A longer time without an opening is hardly meant, ms: as long as `upgrades.maxAge` lets nodes live by default. */
const LONGEST_GAP = 45 * DAY;

/** Any default mode will do, because faults do not depend on it. */
const ANY_MODE = 'enforce';

/** A change window of the document, with its openings. */
export interface WindowOpenings {
  /** Path in the document, such as `upgrades.windows.0`. */
  readonly path: string;
  readonly cron: string;
  readonly timeZone: string;
  /** How long the window stays open, ms. */
  readonly duration: number;
  /** The next openings, epoch milliseconds. */
  readonly openings: readonly number[];
}

/** The result of checking a policy document. */
export interface PolicyReport {
  /** Errors; each names the field and the fix. */
  readonly faults: readonly string[];
  /** The functions that do nothing until the errors are fixed. */
  readonly stopped: readonly string[];
  /** Valid settings that are hardly intended. */
  readonly warnings: readonly string[];
  /** All valid windows, even if something else is wrong. */
  readonly windows: readonly WindowOpenings[];
}

/**
 * Checks a policy document without AWS; a pure function.
 *
 * @param now epoch milliseconds
 * @param rights the deployment's settings; undefined where they are unknown
 */
export function checkPolicy(text: string, now: number, rights?: RightsSettings): PolicyReport {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    const fault = `it is not JSON: ${whyNotJson(text, error)}`;
    return { faults: [fault], stopped: stoppedBy(undefined), warnings: [], windows: [] };
  }
  const { schema } = schemas();
  const parsed = safeParse(schema, document);
  const { issues = [] } = parsed.error ?? {};
  const lost = lostNames(document, issues);
  const windows = windowsIn(document).map(({ path, window }) => ({
    ...window,
    path,
    openings: nextOpenings(window, now, OPENINGS),
  }));
  const size = sizeFindings(text);
  return {
    faults: [
      ...lost,
      ...doubleKeys(text).map((path) => `${path}: stands twice in one object, and only the last one counts; keep one`),
      ...issues.map((issue) => describeIssue(issue, { schema, input: document })),
      ...size.faults,
    ],
    stopped: stoppedBy(lost.length > 0 ? undefined : document),
    warnings: [
      ...size.warnings,
      ...(parsed.success
        ? [
            ...bakeWarnings(parsed.data.upgrades),
            ...urgentWarnings(parsed.data),
            ...waveWarnings(parsed.data),
            ...rightsWarnings(document, rights),
          ]
        : []),
      ...windows.flatMap(windowWarnings),
      ...rareWarnings(windows, now),
      ...(parsed.success ? approvalWarnings(parsed.data.upgrades, windows, now) : []),
    ],
    windows,
  };
}

/** What the parameter says to a document of this size. Blanks around it do not count: `policy put` leaves them out. */
function sizeFindings(text: string): Pick<PolicyReport, 'faults' | 'warnings'> {
  const size = Buffer.byteLength(text.trim());
  if (size > MOST_POLICY_BYTES) {
    const fault = `it is ${size} bytes, and the parameter holds ${MOST_POLICY_BYTES}; take blanks and names out`;
    return { faults: [fault], warnings: [] };
  }
  const warning = tierWarningOf(size);
  return { faults: [], warnings: warning === undefined ? [] : [warning] };
}

const NAMES = REMEDIATIONS.flatMap((each: Remediation) => each.policy?.section ?? []);

/** The functions for which the document is invalid. Each reads only its own part of it. */
const stoppedBy = (document: unknown): string[] =>
  schemas().parts.flatMap(({ name, part }) => (safeParse(part, document).success ? [] : [name]));

/** What stands still until a document is right, such as `nothing is done by upgrade-node-groups`. */
export const standstill = (stopped: readonly string[]): string =>
  stopped.length === schemas().parts.length ? 'no function acts' : `nothing is done by ${stopped.join(', ')}`;

/** The schema of the whole document, and that of each function's part. Making them costs more than a check. */
const schemas = once(() => ({
  schema: policySchema(ANY_MODE),
  parts: REMEDIATIONS.flatMap(({ name, policy }: Remediation) =>
    policy === undefined ? [] : [{ name, part: schemaOf(ANY_MODE, policy.reads, NAMES) }],
  ),
}));

/**
 * Every valid change window in the document, wherever it is. A document may nest deeper than the stack allows calls, so
 * a list keeps what is left to look at, the next one last.
 */
function windowsIn(document: unknown): Array<{ path: string; window: z.infer<typeof changeWindow> }> {
  const found: ReturnType<typeof windowsIn> = [];
  const left: Array<{ path: string; value: unknown }> = [{ path: '', value: document }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { path, value } = next;
    if (typeof value !== 'object' || value === null) continue;
    if ('cron' in value) {
      const { success, data } = safeParse(changeWindow, value);
      if (success) found.push({ path, window: data });
      continue;
    }
    const inner = Object.entries(value).map(([key, each]) => ({
      path: path === '' ? key : `${path}.${key}`,
      value: each,
    }));
    left.push(...inner.reverse());
  }
  return found;
}

/** The waves that no group can be in. Releases pass them at once, so that they protect nobody. */
function waveWarnings({ upgrades: { waves, wave }, overrides = [] }: Policy): string[] {
  const given = new Set([wave ?? waves.at(-1), ...overrides.map((each) => valueAt(each, 'upgrades.wave'))]);
  return waves
    .filter((name) => !given.has(name))
    .map(
      (name) =>
        `upgrades.waves: nothing is ever in wave ${name}, so releases pass it at once; have an override give it (upgrades.wave), or take it out`,
    );
}

interface Bakes {
  readonly bakeAge: number;
  readonly urgent: { readonly bakeAge: number };
}

function bakeWarnings({ bakeAge }: Bakes) {
  const behind = Math.round(bakeAge / (DAYS_BETWEEN_RELEASES * DAY));
  return [
    ...(bakeAge > DAYS_BETWEEN_RELEASES * DAY
      ? [
          `upgrades.bakeAge: ${bakeAge / DAY} days are longer than what lies between two releases (about ${DAYS_BETWEEN_RELEASES} days, with Amazon Linux): node groups run about ${behind === 1 ? 'one release' : `${behind} releases`} behind the newest, and stay vulnerable to what those fix; a week or less is enough for most`,
        ]
      : []),
  ];
}

/** The sections of which urgent findings shorten the bake. */
const HASTENED = ['upgrades', 'refreshes', 'nodeClasses'] as const;

/** Bakes for urgent findings that shorten nothing. */
const urgentWarnings = (policy: Readonly<Record<(typeof HASTENED)[number], Bakes>>): string[] =>
  HASTENED.flatMap((name) =>
    policy[name].urgent.bakeAge > policy[name].bakeAge
      ? [`${name}.urgent.bakeAge: is longer than ${name}.bakeAge, so urgent findings hasten nothing; make it shorter`]
      : [],
  );

const windowWarnings = ({ path, duration }: WindowOpenings): string[] =>
  duration < SHORTEST_WINDOW
    ? [`${path}.duration: less than 5m may be over before anything can begin; make it longer`]
    : [];

/** Lists of windows that leave a long time without an opening, such as one on the 29th of February. */
const rareWarnings = (windows: readonly WindowOpenings[], now: number): string[] =>
  longestGaps(windows, now).flatMap(({ list, days }) =>
    days * DAY > LONGEST_GAP
      ? [`${list}: up to ${days} days pass without an opening, and nothing starts meanwhile; add a window`]
      : [],
  );

interface Approvals {
  readonly mode: string;
  readonly approval: string;
  readonly approvalExpiresAfter: number;
}

/** Approvals of upgrades that may be over before a window opens. */
const approvalWarnings = (
  { mode, approval, approvalExpiresAfter }: Approvals,
  windows: readonly WindowOpenings[],
  now: number,
): string[] =>
  longestGaps(windows, now).flatMap(({ list, days }) =>
    list === 'upgrades.windows' && (mode === 'observe' || approval === 'required') && days * DAY > approvalExpiresAfter
      ? [
          `upgrades.approvalExpiresAfter: up to ${days} days pass until the next window opens, and an approval may end before; make it longer`,
        ]
      : [],
  );

/** The longest time without an opening of each list of windows, in whole days. */
const longestGaps = (windows: readonly WindowOpenings[], now: number): Array<{ list: string; days: number }> =>
  [...Map.groupBy(windows, ({ path }) => path.replace(/\.\d+$/, ''))].map(([list, each]) => {
    // Beyond the last known opening of one of them, nobody knows all openings.
    const known = Math.min(...each.map(({ openings }) => openings.at(-1) ?? now));
    const openings = [...new Set(each.flatMap((window) => window.openings))].filter((at) => at <= known);
    const times = [now, ...openings.toSorted((a, b) => a - b)];
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? at));
    return { list, days: Math.round(Math.max(0, ...gaps) / DAY) };
  });
