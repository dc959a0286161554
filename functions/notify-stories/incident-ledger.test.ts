import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Ledger } from '../shared/ledger/ledger.ts';
import { formerIncidentOf, incidentOf } from './incident.ts';
import { readIncidents } from './incident-ledger.ts';
import { recordAt } from './record.fixture.ts';

/** A ledger that holds these items. */
const ledgerWith = (items: ReadonlyArray<{ readonly pk: string; readonly sk: string }>) =>
  ({
    table: 't',
    documents: {
      send: async ({ input }: { input: { RequestItems: { t: { Keys: Array<{ pk: string; sk: string }> } } } }) => ({
        Responses: {
          t: items.filter(({ pk, sk }) => input.RequestItems.t.Keys.some((key) => key.pk === pk && key.sk === sk)),
        },
      }),
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
