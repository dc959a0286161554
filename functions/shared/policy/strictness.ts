import { isDeepStrictEqual } from 'node:util';

/**
 * How a key of the policy may differ from place to place, and which of two values is stricter: with a stricter value
 * the product never does more than with the other.
 */
export type Strictness =
  | { readonly kind: 'least' }
  | { readonly kind: 'most' }
  /** The first of these values is the strictest. */
  | { readonly kind: 'order'; readonly strictestFirst: readonly unknown[] }
  /** A part of a list is stricter than the list. No list at all means always. */
  | { readonly kind: 'part' }
  /** A list is stricter than a part of it. */
  | { readonly kind: 'whole' }
  /**
   * A name from the list that the section has under the key `of`. A later name is stricter, and none at all means the
   * last.
   */
  | { readonly kind: 'later'; readonly of: string }
  /** Neither value is stricter, so only an override without tags may change the key. */
  | { readonly kind: 'incomparable' }
  /** The key holds for the whole account, or for something that places share, so no override may change it. */
  | { readonly kind: 'everywhere'; readonly why: string };

const LEAST: Strictness = { kind: 'least' };
const MOST: Strictness = { kind: 'most' };
const INCOMPARABLE: Strictness = { kind: 'incomparable' };
const strictestFirst = (...values: unknown[]): Strictness => ({ kind: 'order', strictestFirst: values });
const everywhere = (why: string): Strictness => ({ kind: 'everywhere', why });

const MODE = strictestFirst('off', 'observe', 'enforce');
const OFF_FIRST = strictestFirst(false, true);
const SEVERITY = strictestFirst('CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'INFORMATIONAL');
const ACCOUNT = everywhere('it is a limit of the whole account');

/** Every key of the sections that overrides may change. Sections that are missing here hold everywhere. */
export const STRICTNESS = {
  upgrades: {
    mode: MODE,
    bakeAge: MOST,
    'urgent.bakeAge': MOST,
    'urgent.ignoreWindows': OFF_FIRST,
    windows: { kind: 'part' },
    'gates.alarms': { kind: 'whole' },
    'gates.insufficientData': strictestFirst('closed', 'open'),
    'gates.calendars': { kind: 'whole' },
    'gates.insights': strictestFirst('error', 'off'),
    'gates.nodesAndPods': strictestFirst(true, false),
    preflight: strictestFirst('block', 'warn', 'off'),
    preflightPods: strictestFirst(true, false),
    preflightEvictions: INCOMPARABLE,
    'concurrency.perCluster': LEAST,
    'concurrency.perAccount': ACCOUNT,
    stopAfterFailures: LEAST,
    'breaker.release': LEAST,
    'breaker.wave': LEAST,
    'breaker.cluster': LEAST,
    'breaker.fleet': LEAST,
    'breaker.within': MOST,
    retryAfter: MOST,
    waitForQuarantine: MOST,
    maxAge: INCOMPARABLE,
    approval: strictestFirst('required', 'none'),
    approvalExpiresAfter: LEAST,
    force: OFF_FIRST,
    'controlPlane.mode': MODE,
    'controlPlane.followAfter': MOST,
    'keyPairs.mode': MODE,
    'keyPairs.templates': strictestFirst('propose', 'change'),
    'image.mode': MODE,
    'image.wanted': INCOMPARABLE,
    'image.templates': strictestFirst('propose', 'change'),
    waves: everywhere('waves go through the whole account'),
    wave: { kind: 'later', of: 'waves' },
    bakeBetween: MOST,
  },
  drains: {
    mode: MODE,
    within: INCOMPARABLE,
    atDeadline: strictestFirst('keep', 'go'),
    otherHooks: strictestFirst('refuse', 'share'),
    'retained.most': INCOMPARABLE,
    'retained.forAtMost': INCOMPARABLE,
    'scheduledEvents.mode': MODE,
    'scheduledEvents.windows': { kind: 'part' },
  },
  nodeClasses: { mode: MODE, bakeAge: MOST, 'urgent.bakeAge': MOST, windows: { kind: 'part' } },
  refreshes: {
    mode: MODE,
    wanted: INCOMPARABLE,
    templates: strictestFirst('propose', 'change'),
    bakeAge: MOST,
    'urgent.bakeAge': MOST,
    windows: { kind: 'part' },
    'concurrency.perCluster': LEAST,
    'concurrency.perAccount': ACCOUNT,
    minHealthyPercentage: MOST,
    maxHealthyPercentage: LEAST,
    instanceWarmup: MOST,
    checkpoints: INCOMPARABLE,
    checkpointDelay: MOST,
    bakeTime: MOST,
    alarms: { kind: 'whole' },
    approvalExpiresAfter: LEAST,
    waitForQuarantine: MOST,
    floating: strictestFirst('refuse', 'pin'),
    undrained: strictestFirst('refuse', 'go'),
  },
  ssmAgent: {
    mode: MODE,
    graceTime: MOST,
    'remedies.attachPolicy': MODE,
    'remedies.defaultHostManagement': everywhere('it holds for every instance of the account'),
    'remedies.updateAgent': MODE,
    'remedies.installAgent': MODE,
    'remedies.installWhenUnsure': MODE,
    agentPolicy: everywhere('node groups share node roles'),
    cureWithin: INCOMPARABLE,
    attempts: LEAST,
    retryAfter: MOST,
    installerImage: everywhere('one DaemonSet serves a whole cluster'),
  },
  quarantine: {
    mode: MODE,
    exposure: strictestFirst('open-port', 'address'),
    respond: strictestFirst('strip', 'isolate'),
    'publicByDesign.exposedShare': INCOMPARABLE,
    'publicByDesign.revokeIngress': MODE,
    'publicByDesign.closeSubnets': MODE,
    'publicByDesign.allowedIngress': INCOMPARABLE,
    revokeShellIngress: MODE,
    'concurrency.perGroup': LEAST,
    'concurrency.perCluster': LEAST,
    'concurrency.perAccount': ACCOUNT,
    'drain.cordon': INCOMPARABLE,
    'drain.evict': INCOMPARABLE,
    'drain.within': INCOMPARABLE,
    outOfService: INCOMPARABLE,
    snapshots: INCOMPARABLE,
    terminationProtection: INCOMPARABLE,
    allowSystemsManager: OFF_FIRST,
    expireAfter: MOST,
    onExpiry: strictestFirst('alarm', 'terminate'),
  },
  findings: {
    mode: MODE,
    severityFloor: SEVERITY,
    'urgent.severity': SEVERITY,
    'urgent.epss': MOST,
    enableInspector: everywhere('it switches scanning on for the whole account'),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Strictness>>>>;

/** How the keys of a section may differ, by their paths; undefined where the section holds everywhere. */
export const strictnessOf = (section: string): Readonly<Record<string, Strictness>> | undefined =>
  Object.hasOwn(STRICTNESS, section) ? STRICTNESS[section as keyof typeof STRICTNESS] : undefined;

/**
 * Whether a value is at least as strict as another one.
 *
 * @param section the section that the values belong to
 */
export function isNoLooser(strictness: Strictness, value: unknown, than: unknown, section: unknown): boolean {
  if (isDeepStrictEqual(value, than)) return true;
  switch (strictness.kind) {
    case 'least':
      return typeof value === 'number' && typeof than === 'number' && value < than;
    case 'most':
      return typeof value === 'number' && typeof than === 'number' && value > than;
    case 'order': {
      const [place, limit] = [strictness.strictestFirst.indexOf(value), strictness.strictestFirst.indexOf(than)];
      return place >= 0 && place <= limit;
    }
    case 'part':
      return (
        Array.isArray(value) &&
        Array.isArray(than) &&
        value.length > 0 &&
        (than.length === 0 || value.every((one) => than.some((other) => isDeepStrictEqual(one, other))))
      );
    case 'whole':
      return (
        Array.isArray(value) &&
        Array.isArray(than) &&
        than.every((one) => value.some((other) => isDeepStrictEqual(one, other)))
      );
    case 'later':
      return placeIn(section, strictness.of, value) >= placeIn(section, strictness.of, than);
    case 'incomparable':
    case 'everywhere':
      return false;
  }
}

/** The place of a name in a list of the section. An unknown name counts as the last. */
function placeIn(section: unknown, key: string, name: unknown): number {
  const names: unknown = typeof section === 'object' && section !== null ? Reflect.get(section, key) : undefined;
  if (!Array.isArray(names)) return 0;
  const place = names.indexOf(name);
  return place < 0 ? names.length - 1 : place;
}

/** What a value must be to be no looser, as the end of a sentence. */
export function stricterInWords(strictness: Strictness): string {
  switch (strictness.kind) {
    case 'least':
      return 'it may only be lowered';
    case 'most':
      return 'it may only be raised';
    case 'order':
      return `it may only go towards ${JSON.stringify(strictness.strictestFirst[0])}`;
    case 'part':
      return 'it may only be some of the windows that hold there, or any where there are none';
    case 'whole':
      return 'it may only name more, beside all that hold there';
    case 'later':
      return `it may only go to a later one of ${strictness.of}`;
    case 'incomparable':
    case 'everywhere':
      return 'neither of its values is stricter';
  }
}
