import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { formerIncidentOf, incidentOf } from './incident.ts';
import { readIncidents } from './incident-ledger.ts';
import { recordAt } from './record.fixture.ts';

/** A ledger that holds these items, and calls `onRead` for each read. */
const ledgerWith = (items: ReadonlyArray<{ readonly pk: string; readonly sk: string }>, onRead = () => {}) =>
  ({
    table: 't',
    documents: {
      send: async ({ input }: { input: { RequestItems: { t: { Keys: Array<{ pk: string; sk: string }> } } } }) => {
        onRead();
        const asked = ({ pk, sk }: { pk: string; sk: string }) =>
          input.RequestItems.t.Keys.some((key) => key.pk === pk && key.sk === sk);
        return { Responses: { t: items.filter(asked) } };
      },
    },
  }) as unknown as Ledger;

it('a breaker of which people were notified by a former version is no news: its incident had the name of the function', async () => {
  const record = recordAt(1, 'refused', { reason: 'breaker-tripped', details: { breaker: 'cluster shop' } });
  const parts = [record.remediation, 'breaker', 'cluster shop'];
  const former = createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
  expect(formerIncidentOf(record)).toBe(former);
  expect(formerIncidentOf(recordAt(1, 'acted'))).toBeUndefined();
  const incident = incidentOf(record);
  const names = new Map([[incident, former]]);
  const before = { pk: 'incident', sk: former, notified: 'high', revision: 3 };
  expect(await readIncidents(ledgerWith([before]), [incident], names)).toEqual(
    new Map([[incident, { notified: 'high', revision: 0 }]]),
  );
  const now = { pk: 'incident', sk: incident, notified: 'high', revision: 1 };
  expect(await readIncidents(ledgerWith([before, now]), [incident], names)).toEqual(
    new Map([[incident, { notified: 'high', revision: 1 }]]),
  );
});

it('is read at once, wherever its state may be: under its name, and under those of former versions', async () => {
  let reads = 0;
  const items = [
    { pk: 'incident', sk: 'known', notified: 'high', revision: 2 },
    { pk: 'story', sk: 'known', told: 'low', revision: 9 },
    { pk: 'story', sk: 'older', told: 'medium', toldAt: 5, revision: 9 },
    { pk: 'story', sk: 'unreadable', told: 'loud', revision: 9 },
  ];
  const ledger = ledgerWith(items, () => {
    reads += 1;
  });
  expect(await readIncidents(ledger, ['known', 'older', 'unreadable', 'new'])).toEqual(
    new Map([
      ['known', { notified: 'high', revision: 2 }],
      ['older', { notified: 'medium', notifiedAt: 5, revision: 0 }],
      ['unreadable', { revision: 0 }],
    ]),
  );
  expect(reads).toBe(1);
});
