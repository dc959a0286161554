import type { Policy } from '../scenario.ts';
import { type Day, type Invariant, presentPolicies } from './invariant.ts';
import { takersOf, watchPins } from './takers.ts';

/** Node classes are pinned where the policy has them pinned, and never to what is older than a pin or a node of theirs. */
export function pins(day: Day): Invariant {
  if (day.scenario.nodeClasses === undefined) return {};
  const changed = watchPins();
  const look = (): void => {
    for (const { taker, from = '', release } of changed(takersOf(day))) {
      const { name, releaseVersion } = taker;
      if (release < from || release < releaseVersion) {
        day.breach(
          'no release goes backwards',
          `${name} is pinned to ${release} after ${from}, and runs ${releaseVersion}`,
        );
      }
      const isApproved = day.ruledOn.has(`${name} ${release.split('-').at(-1)}`);
      const permits = ({ killSwitch, upgrades }: Policy): boolean =>
        !killSwitch && (isApproved || upgrades.mode === 'enforce');
      if (!presentPolicies(day).some(permits)) {
        day.breach('observe changes nothing', `${name} is pinned to ${release}`);
      }
    }
  };
  return {
    onTick: look,
    onCall({ service }) {
      if (service === 'kubernetes') look();
    },
  };
}
