import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';
import { BUDGETS } from './budgets.ts';
import { idleBill, totalOf } from './idle-bill.ts';

const page = readFileSync(join(import.meta.dirname, '..', 'docs', 'deploy.md'), 'utf8');

it('an idle stack costs what docs/deploy.md says, and no more than its budget', async () => {
  const bill = await idleBill(inject('template'));
  for (const { item, count, price } of bill) {
    expect(page).toContain(`| ${item} | ${count} | ${(count * price).toFixed(2)} |`);
  }
  const total = totalOf(bill);
  expect(page).toContain(`| together | | ${total.toFixed(2)} |`);
  expect(total).toBeLessThanOrEqual(BUDGETS.idleDollarsPerMonth);
});
