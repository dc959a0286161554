import { describe, expect, it } from 'vitest';
import { find, readConfig } from './config-tree.ts';

describe('aliases in a configuration', () => {
  it('are followed', () => {
    const tree = readConfig('f', 'a: &a {x: 1}\nb: {<<: *a, c: *a}', 'map');
    expect(find(tree, ['b', 'x'])).toMatchObject({ value: 1 });
    expect(find(tree, ['b', 'c', 'x'])).toMatchObject({ value: 1 });
  });

  const doubled = (levels: number, one: (before: string) => string) =>
    Array.from({ length: levels }, (_, n) => `a${n + 1}: &a${n + 1} ${one(`*a${n}`)}`);

  it.each([
    ['maps', ['a0: &a0 {x: 1}', ...doubled(40, (before) => `{p: ${before}, q: ${before}}`)]],
    ['merges', ['a0: &a0 {x: 1}', ...doubled(40, (before) => `{<<: [${before}, ${before}]}`)]],
    ['lists', ['a0: &a0 [1]', ...doubled(40, (before) => `[${before}, ${before}]`)]],
    ['many', ['a0: &a0 [1]', ...Array.from({ length: 2_000 }, (_, n) => `b${n}: *a0`)]],
  ])('that stand for billions of values are refused at once, as a host may be anybody’s: %s', (_what, lines) => {
    const begun = performance.now();
    expect(() => readConfig('f', lines.join('\n'), 'map')).toThrow(expect.objectContaining({ name: 'ConfigError' }));
    expect(performance.now() - begun).toBeLessThan(1_000);
  });
});
