import type { Policy } from '../scenario/policy.ts';
import { type Day, type Invariant, presentPolicies } from './invariant.ts';
import { dateOf, takersOf, watchPins } from './takers.ts';

/** Node classes are pinned where the policy has them pinned, and never to what is older than a pin or a node of theirs. */
export function pins(day: Day): Invariant {
  if (day.scenario.nodeClasses === undefined) return {};
  const changed = watchPins();
  const look = (): void => {
    for (const { taker, from = '', date } of changed(takersOf(day))) {
      const { name, releaseVersion } = taker;
      if (date < from || date < dateOf(releaseVersion)) {
        day.breach(
          'no release goes backwards',
          `${name} is pinned to ${date} after ${from}, and runs ${releaseVersion}`,
        );
      }
      const isApproved = day.ruledOn.has(`${name} ${date}`);
      const permits = ({ killSwitch, upgrades }: Policy): boolean =>
        !killSwitch && (isApproved || upgrades.mode === 'enforce');
      if (!presentPolicies(day).some(permits)) {
        day.breach('observe changes nothing', `${name} is pinned to ${date}`);
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
