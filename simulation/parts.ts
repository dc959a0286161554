import type { Scenario } from './scenario.ts';

/** What a scenario can be played without: steps, launches, changes and faults, by names for a command line. */
export function partsOf({ steps, fleet, faults }: Scenario): string[] {
  return [
    ...steps.map((_, index) => `step${index}`),
    ...fleet.launches.map((_, index) => `launch${index}`),
    ...fleet.changes.map((_, index) => `change${index}`),
    ...Object.keys(faults).filter((fault) => fault !== 'quietAfterMs'),
    ...(fleet.eventualConsistency === true ? ['eventualConsistency'] : []),
  ];
}

/** The scenario without these parts. */
export function without(scenario: Scenario, parts: readonly string[]): Scenario {
  const left = new Set(parts);
  const kept = <Item>(items: readonly Item[], name: string): Item[] =>
    items.filter((_, index) => !left.has(`${name}${index}`));
  const { fleet, steps, faults } = scenario;
  return {
    ...scenario,
    steps: kept(steps, 'step'),
    fleet: {
      ...fleet,
      launches: kept(fleet.launches, 'launch'),
      changes: kept(fleet.changes, 'change'),
      ...(left.has('eventualConsistency') && { eventualConsistency: false }),
    },
    faults: Object.fromEntries(Object.entries(faults).filter(([name]) => !left.has(name))),
  };
}

/**
 * Leaves out what a failure does not need, part by part.
 * @param scenario as it was drawn: parts are counted in it
 * @param leftOut parts that it fails without already
 * @param fails whether a scenario still fails in the same way
 * @returns the parts that can be left out together
 */
export async function shrink(
  scenario: Scenario,
  leftOut: readonly string[],
  fails: (scenario: Scenario) => Promise<boolean>,
): Promise<string[]> {
  let left = [...leftOut];
  for (const part of partsOf(scenario)) {
    if (left.includes(part)) continue;
    const fewer = [...left, part];
    if (await fails(without(scenario, fewer))) left = fewer;
  }
  return left;
}
