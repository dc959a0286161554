import { didYouMean } from '../functions/shared/text/did-you-mean.ts';
import { type FleetNow, placeOf } from './fleet.ts';

/** A cluster or node group. */
type Place = { readonly cluster?: string; readonly nodegroup?: string };

/** ` Did you mean "shop/web"?` for a place that the fleet lacks; empty where it is known, or where no name is similar. */
export const meantPlace = (fleet: Known, given: Place): string =>
  namesIn(fleet, given).has(nameOf(given)) ? '' : nearestPlace(fleet, given);

/**
 * The same for a place that EKS lacks. That records know a name proves nothing: a refused request about a mistyped one
 * is recorded, too.
 */
export const nearestPlace = (fleet: Known, given: Place): string => {
  const name = nameOf(given);
  return name === '' ? '' : didYouMean(name, namesIn(fleet, given));
};

type Known = Pick<FleetNow, 'clusters' | 'words'>;

const nameOf = ({ cluster = '', nodegroup = '' }: Place): string => placeOf({ cluster, nodegroup });

/** All clusters, or all node groups, as what was given is one or the other. */
function namesIn({ clusters, words }: Known, { nodegroup }: Place): Set<string> {
  const told = words.filter(({ reason }) => reason !== 'request-refused');
  const places = [...clusters.flatMap(({ name, groups }) => [{ cluster: name, nodegroup: '' }, ...groups]), ...told];
  return new Set(places.filter((place) => (place.nodegroup !== '') === (nodegroup !== undefined)).map(nameOf));
}
