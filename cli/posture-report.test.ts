import { expect, it } from 'vitest';
import type { Row } from '../functions/shared/posture/report.ts';
import { printRows } from './posture-report.ts';

const row = (evidence: readonly string[]): Row => ({
  group: 'shop/web',
  check: '3.2.4',
  title: 'No port',
  verdict: 'FAIL',
  since: '',
  waivedUntil: '',
  waiver: '',
  evidence,
  todo: '',
  autoMode: '',
  checked: '',
});

it.each([
  ['a formula', ['=HYPERLINK("https://evil.example")'], `"'=HYPERLINK(""https://evil.example"")"`],
  ['a formula behind what some spreadsheets take for the end of a cell', ['a;=1+1'], `a;'=1+1`],
  ['formulas one after the other', ['+1', '@SUM(1)', '-2'], `'+1; '@SUM(1); '-2`],
  ['controls', ['a\u001b[2Jb\r\n=1'], 'a\\u001b[2Jb\\u000d\\u000a=1'],
  ['nothing of that', ['/etc/x:4: readOnlyPort is 10255'], '/etc/x:4: readOnlyPort is 10255'],
])('prints %s of a host as text of one cell', (_what, evidence, cell) => {
  const lines: string[] = [];
  printRows({ json: false, wide: false, print: (line) => void lines.push(line) }, [row(evidence)], {
    all: false,
    csv: true,
  });
  expect(lines[1]).toBe(`shop/web,3.2.4,No port,FAIL,,,,${cell},,,`);
});
