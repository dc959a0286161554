import { compareVersions, type Family, newestOf } from './alias.ts';
import { type Decision, say } from './decision.ts';
import type { OfferedVersion } from './node-class.ts';
import { chooseByWave, type Mover } from './wave.ts';

/** What a class is to be pinned to. */
export type Wanted =
  | { readonly kind: 'version'; readonly offered: OfferedVersion }
  /** Nothing newer is to be had, so the present pin is what is wanted. */
  | { readonly kind: 'present'; readonly version: string }
  | { readonly kind: 'none'; readonly decision: Decision };

/**
 * The version to pin a class to: the newest that has baked and that its wave may take, never an older one than a node
 * runs or than the class is pinned to. A pure function.
 */
export function chooseVersion(mover: Mover, family: Family): Wanted {
  const { selection, running, offer } = mover.view;
  const { bakeAge } = mover.policy.nodeClasses;
  const { now } = mover.circumstances;
  const pinned = selection.kind === 'pins' ? selection.version : undefined;
  const floor = newestOf([...running.map(({ version }) => version), ...(pinned === undefined ? [] : [pinned])]);
  const none = (...told: Parameters<typeof say>): Wanted => ({ kind: 'none', decision: say(...told) });
  if (offer.kind === 'unknown') return none('waiting', 'node-class-release-unknown', offer.message, offer.variant);
  const baked = offer.versions.filter(
    ({ version, since }) => (floor === undefined || compareVersions(version, floor) >= 0) && since + bakeAge <= now,
  );
  const newer = baked.filter(({ version, isPublished }) => isPublished && version !== pinned);
  const offered = chooseByWave(newer, mover) ?? newer.at(-1);
  if (offered !== undefined) return { kind: 'version', offered };
  if (pinned !== undefined && pinned === floor) return { kind: 'present', version: pinned };
  const unpublished = baked.at(-1);
  if (unpublished !== undefined) {
    const message = `Amazon does not publish ${family}@${unpublished.version} for every architecture and variant in use.`;
    return none('refused', 'node-class-release-unpublished', message, unpublished.version);
  }
  const runs = floor === undefined ? '' : ` Its nodes run releases up to ${floor}.`;
  const message = `No release of ${family} from there on has baked yet.${runs}`;
  return none('waiting', 'node-class-release-baking', message, floor ?? '');
}
