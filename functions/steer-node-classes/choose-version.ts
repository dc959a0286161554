import { newestBaked } from '../shared/releases/wanted-image.ts';
import { compareVersions, type Family } from './alias.ts';
import { type Decision, say } from './decision.ts';
import type { ClassView } from './node-class.ts';

/**
 * The version to pin a class to: the newest that has baked, never an older one than a node runs or than the class is
 * pinned to. Where there is none, returns a decision that says why. A pure function.
 *
 * @param bakeAge ms
 * @param now epoch milliseconds
 */
export function chooseVersion(
  { selection, running, offer }: Pick<ClassView, 'selection' | 'running' | 'offer'>,
  family: Family,
  bakeAge: number,
  now: number,
): { readonly version: string } | Decision {
  const pinned = selection.kind === 'pins' ? selection.version : undefined;
  const floor = [...running.map(({ version }) => version), ...(pinned === undefined ? [] : [pinned])]
    .toSorted(compareVersions)
    .at(-1);
  if (offer.kind === 'unknown') return say('waiting', 'node-class-release-unknown', offer.message, offer.variant);
  const fitting = offer.versions.filter(({ version }) => floor === undefined || compareVersions(version, floor) >= 0);
  const isBaked = ({ since }: { readonly since: number }) => since + bakeAge <= now;
  const baked = fitting.filter(isBaked);
  const chosen = newestBaked(
    baked.filter(({ isPublished }) => isPublished),
    bakeAge,
    now,
  );
  if (chosen !== undefined) return { version: chosen.version };
  // Nothing newer is to be had, so the present pin is what is wanted.
  if (pinned !== undefined && pinned === floor) return { version: pinned };
  const unpublished = baked.at(-1);
  if (unpublished !== undefined) {
    const message = `Amazon does not publish ${family}@${unpublished.version} for every architecture and variant in use.`;
    return say('refused', 'node-class-release-unpublished', message, unpublished.version);
  }
  const runs = floor === undefined ? '' : ` Its nodes run releases up to ${floor}.`;
  const message = `No release of ${family} from there on has baked yet.${runs}`;
  return say('waiting', 'node-class-release-baking', message, floor ?? '');
}
