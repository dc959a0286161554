import { PRICES } from '../infra/prices.ts';
import { BUDGETS } from './budgets.ts';
import { idleBill, totalOf } from './idle-bill.ts';
import { costOf, observeRun } from './observability.ts';
import { renderTable } from './table.ts';

/** Prints what logs and metrics of played fleets cost, and an idle stack: for a synthesized template. */
export async function printMoney(template: string): Promise<void> {
  await printObservability(template);
  await printIdleBill(template);
}

async function printIdleBill(template: string): Promise<void> {
  const bill = await idleBill(template);
  const total = totalOf(bill);
  const lines = bill.map(({ item, count, price }) => [item, String(count), (count * price).toFixed(2)]);
  console.log(`\n${renderTable([['idle stack', 'count', '$ a month'], ...lines, ['together', '', total.toFixed(2)]])}`);
  if (total <= BUDGETS.idleDollarsPerMonth) return;
  console.error(`an idle stack costs more than ${BUDGETS.idleDollarsPerMonth} dollars a month`);
  process.exitCode = 1;
}

/** The cost of logs and metrics, for a busy day and for a typical week. */
async function printObservability(template: string): Promise<void> {
  const played = [
    { name: 'mixed.json, a day', observed: await observeRun(template, 'mixed', 24) },
    { name: 'year.json, a week', observed: await observeRun(template, 'year', 7 * 24) },
  ];
  const dollars = (amount: number): string => amount.toFixed(4);
  console.log(
    `\n${renderTable([
      [
        'played',
        'records',
        'bytes a record',
        'log bytes',
        'of these EMF',
        'metrics',
        '$ a month: logs',
        'metrics',
        'fixed',
      ],
      ...played.map(({ name, observed }) => {
        const { records, bytes, metrics } = observed;
        const { logsPerMonth, metricsPerMonth, fixedPerMonth } = costOf(observed);
        return [
          name,
          String(records),
          String(Math.round(bytes.records / records)),
          (bytes.records + bytes.metrics + bytes.other).toLocaleString('en'),
          bytes.metrics.toLocaleString('en'),
          String(metrics),
          dollars(logsPerMonth),
          dollars(metricsPerMonth),
          fixedPerMonth.toFixed(2),
        ];
      }),
    ])}`,
  );
  for (const { name, observed } of played) {
    const { recordsPerThousand, logsPerThousand, metricsPerThousand } = costOf(observed);
    console.log(
      `${name}: per 1,000 records $${dollars(recordsPerThousand)} for their own lines, $${dollars(logsPerThousand)} for all log lines, $${dollars(metricsPerThousand)} for metrics`,
    );
  }
  console.log(`list prices of us-east-1, ${PRICES.date}, without the free tier; fixed: alarms and dashboard`);
}
