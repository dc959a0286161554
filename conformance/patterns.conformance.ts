import { readFileSync } from 'node:fs';
import { describe, expect, inject, it, vi } from 'vitest';
import { REMEDIATIONS } from '../functions/remediations.ts';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import { EventBridge } from '../sandbox/account/event-bridge/event-bridge.ts';
import { compileEventPattern } from '../sandbox/account/event-bridge/event-pattern.ts';
import { start } from '../test/harness.ts';
import { RECORDED_EVENTS } from '../test/recorded-events.ts';
import { count } from './counts.ts';
import { additionsFrom, type Json, mutationsOf } from './mutations.ts';
import { askRuler } from './ruler.ts';
import { isThere, titled } from './tools.ts';

interface Template {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: Record<string, Json> }>>;
}

/** The patterns of the synthesized rules, by logical id. */
function patternsOfTemplate(): Map<string, Json> {
  const { Resources }: Template = JSON.parse(readFileSync(inject('template'), 'utf8'));
  return new Map(
    Object.entries(Resources).flatMap(([name, { Type, Properties }]) => {
      const pattern = Type === 'AWS::Events::Rule' ? Properties.EventPattern : undefined;
      return pattern === undefined ? [] : [[name, pattern] as const];
    }),
  );
}

const SAMPLES = REMEDIATIONS.flatMap(({ events }: Remediation) =>
  Object.values(events).map(({ event }) => JSON.parse(JSON.stringify(event.sample)) as Json),
);

/** The events that the sandbox itself publishes, one of each shape. */
async function eventsOfSandbox(fleet: string, play: string): Promise<Json[]> {
  const put = vi.spyOn(EventBridge.prototype, 'put');
  await start({ fleet, play, seed: 7 });
  const events: Json[] = put.mock.calls.map(([, event]) => JSON.parse(JSON.stringify(event)));
  put.mockRestore();
  return [...new Map(events.map((event) => [shapeOf(event), event])).values()];
}

/** The source and the members of an event. */
const shapeOf = (event: Json): string => {
  const { source, 'detail-type': type } = event as Record<string, Json>;
  return [source, type, ...new Set(JSON.stringify(event).match(/"[\w-]+":/g))].join();
};

interface Compared {
  readonly disagreements: readonly string[];
  readonly pairs: number;
  readonly matches: number;
}

/** Compares the sandbox's matcher with Event Ruler: which patterns each accepts, and which events match them. */
function compare(patterns: ReadonlyMap<string, Json>, events: readonly Json[]): Compared {
  const ruler = askRuler(patterns, events);
  const disagreements: string[] = [];
  let matches = 0;
  for (const [rule, pattern] of patterns) {
    const refusal = ruler.refused.get(rule);
    const matcher = compiled(pattern);
    if ((matcher === undefined) !== (refusal !== undefined)) {
      disagreements.push(`${JSON.stringify(pattern)}: Event Ruler says ${refusal ?? 'it is valid'}`);
    }
    if (matcher === undefined || refusal !== undefined) continue;
    for (const [index, event] of events.entries()) {
      const theirs = ruler.matching[index]?.has(rule) === true;
      if (theirs) matches += 1;
      if (matcher(event) === theirs) continue;
      disagreements.push(
        `${JSON.stringify(pattern)} ${theirs ? 'matches' : 'does not match'} ${JSON.stringify(event)}`,
      );
    }
  }
  return { disagreements, pairs: patterns.size * events.length, matches };
}

function compiled(pattern: Json): ReturnType<typeof compileEventPattern> | undefined {
  try {
    return compileEventPattern(pattern);
  } catch {
    return undefined;
  }
}

describe.skipIf(!isThere('ruler'))(titled("event patterns, as Amazon's Event Ruler takes them,", 'ruler'), () => {
  it('match the same events, samples, recorded ones and mutations of both', async () => {
    const patterns = patternsOfTemplate();
    const recorded = [...RECORDED_EVENTS.values()] as unknown as Json[];
    const own = [...(await eventsOfSandbox('quarantine', '30m')), ...(await eventsOfSandbox('findings', '65m'))];
    const events = [...SAMPLES, ...recorded, ...own];
    const mutated = events.flatMap((event) => [
      event,
      ...mutationsOf(event),
      ...[...patterns.values()].flatMap((pattern) => [...additionsFrom(pattern, event)]),
    ]);
    const { disagreements, pairs, matches } = compare(patterns, mutated);
    expect(disagreements).toEqual([]);
    // A matcher that never matches would always agree.
    expect(matches).toBeGreaterThan(patterns.size * 100);
    count(
      `event patterns: ${patterns.size} rules × ${mutated.length} events (mutations of ${SAMPLES.length} samples, ` +
        `${recorded.length} recorded ones and ${own.length} of the sandbox) = ${pairs} pairs, ${matches} of them matches`,
    );
  });
});
