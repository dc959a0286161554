import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LINES } from './lines.ts';
import { linesOf } from './rehearse.ts';
import { STEPS } from './steps.ts';

const lines = linesOf(readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'unverified.md'), 'utf8'));

describe('the rehearsal', () => {
  it('has exactly one look at each line of docs/unverified.md, and none at another', () => {
    expect(lines.length).toBeGreaterThan(20);
    const looks = lines.map((line) => [line, LINES.filter((each) => line.startsWith(each.line)).length]);
    expect(looks.filter(([, count]) => count !== 1)).toEqual([]);
    expect(LINES.filter((each) => !lines.some((line) => line.startsWith(each.line)))).toEqual([]);
  });

  it('names only steps that there are, and uses each', () => {
    const named = new Set(LINES.flatMap(({ step }) => step ?? []));
    expect(named).toEqual(new Set(STEPS.map(({ name }) => name)));
  });
});
