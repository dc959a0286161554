import { didYouMean } from '../functions/shared/text/did-you-mean.ts';
import { type FleetNow, placeOf } from './fleet.ts';

/** A cluster or node group. */
type Place = { readonly cluster?: string; readonly nodegroup?: string };

/**
 * ` Did you mean "shop/web"?` for the name of a cluster or node group that the fleet lacks; empty where it exists, or
 * where no name is similar.
 */
export function meantPlace({ clusters, words }: Pick<FleetNow, 'clusters' | 'words'>, given: Place): string {
  const { cluster = '', nodegroup } = given;
  const places = [...clusters.flatMap(({ name, groups }) => [{ cluster: name, nodegroup: '' }, ...groups]), ...words];
  const known = new Set(
    places
      .filter((place) => (place.nodegroup !== '') === (nodegroup !== undefined))
      .map((place) => placeOf({ cluster: place.cluster, nodegroup: place.nodegroup })),
  );
  const name = placeOf({ cluster, nodegroup: nodegroup ?? '' });
  if (name === '') return '';
  return known.has(name) ? '' : didYouMean(name, known);
}
