import type { Parts } from './parts.ts';
import type { Scenario } from './scenario.ts';

/** Members of a scenario that are left out as a whole. New ones come last: a kept day says up to which it had them. */
export const WHOLES = [
  'waves',
  'gate',
  'window',
  'selfManaged',
  'nodeClasses',
  'hosts',
  'rulings',
  'sweeps',
  'vulnerabilities',
  'controlPlanes',
  'calendar',
  'addresses',
  'exposedPools',
  'posture',
  'shells',
  'ownImages',
  'scalings',
  'denials',
  'removals',
  'mistake',
  'interventions',
  'starvation',
] as const satisfies ReadonlyArray<keyof Parts>;

/** The names of the parts that a scenario can be played without, for a command line. */
export function partsOf(scenario: Scenario): string[] {
  const { steps, fleet, faults } = scenario;
  return [
    ...steps.map((_, index) => `step${index}`),
    ...fleet.launches.map((_, index) => `launch${index}`),
    ...fleet.changes.map((_, index) => `change${index}`),
    ...Object.keys(faults).filter((fault) => fault !== 'quietAfterMs'),
    ...(fleet.eventualConsistency === true ? ['eventualConsistency'] : []),
    ...WHOLES.filter((whole) => scenario[whole] !== undefined),
  ];
}

/** The scenario without these parts. */
export function without(scenario: Scenario, parts: readonly string[]): Scenario {
  const left = new Set(parts);
  const kept = <Item>(items: readonly Item[], name: string): Item[] =>
    items.filter((_, index) => !left.has(`${name}${index}`));
  const { fleet, steps, faults } = scenario;
  const smaller: { -readonly [Member in keyof Scenario]: Scenario[Member] } = {
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
  for (const whole of WHOLES) if (left.has(whole)) delete smaller[whole];
  return smaller;
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
