import { expect, it } from 'vitest';
import { whole } from './remediation.fixture.ts';
import { declare } from './remediation.ts';

// Each `@ts-expect-error` below is an assertion of this file: the compiler must refuse the line after it, for what its
// comment names. A line that the compiler accepts is itself an error.

/** A declaration without one of its parts. */
function without<const Name extends keyof typeof whole>(name: Name): Omit<typeof whole, Name> {
  const { [name]: _, ...rest } = whole;
  return rest;
}

it('takes a declaration as it is', () => {
  expect(declare(whole)).toBe(whole);
});

it('is a compile error that names what is left out', () => {
  // @ts-expect-error: its name.
  declare(without('name'));
  // @ts-expect-error: what it does.
  declare(without('summary'));
  // @ts-expect-error: what starts it, in words.
  declare(without('startedBy'));
  // @ts-expect-error: what its records are about.
  declare(without('subject'));
  // @ts-expect-error: what starts it.
  declare(without('start'));
  // @ts-expect-error: how long it may take.
  declare(without('timeoutSeconds'));
  // @ts-expect-error: its reasons.
  declare(without('reasons'));
  // @ts-expect-error: its metrics.
  declare(without('metrics'));
  // @ts-expect-error: its events.
  declare(without('events'));
  // @ts-expect-error: what operators can ask of it.
  declare(without('requests'));
  // @ts-expect-error: what it may do on the ledger.
  declare(without('ledger'));
  // @ts-expect-error: its rights.
  declare(without('rights'));
  // @ts-expect-error: its alarms.
  declare(without('alarms'));
  expect(Object.keys(whole)).toHaveLength(14);
});

it('is a compile error that names what does not fit the rest', () => {
  // @ts-expect-error: a queue without a limit.
  declare({ ...whole, start: { by: 'queue', queue: { batch: 10 } } });
  declare({ ...whole, start: { by: 'queue', queue: { batch: 10, fifo: true } } });
  const alarm = { means: 'Dry.', first: 'look', next: 'Water.' };
  // @ts-expect-error: an alarm on a metric that it does not publish.
  declare({ ...whole, alarms: { dry: { ...alarm, metric: 'Wattered' } } });
  declare({ ...whole, alarms: { dry: { ...alarm, metric: 'Watered' } } });
  const dashboard = { title: 'Plants', decisions: ['done'] } as const;
  // @ts-expect-error: a graph of one.
  declare({ ...whole, dashboard: { ...dashboard, graph: { title: 'Plants', lines: [{ metric: 'Wattered' }] } } });
  // @ts-expect-error: a section of the policy that it does not read.
  declare({ ...whole, policy: { ...whole.policy, section: 'flowers' } });
  // @ts-expect-error: a sweep without the detail type that it asks by.
  declare({ ...whole, sweep: { of: 'clusters' } });
  // @ts-expect-error: something that no operator can ask.
  declare({ ...whole, requests: ['dance'] });
  // @ts-expect-error: a right without its resources.
  declare({ ...whole, rights: [{ sid: 'Water', actions: ['ec2:DescribeInstances'] }] });
});
