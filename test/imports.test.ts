import { describe, expect, it } from 'vitest';
import { REMEDIATIONS } from '../functions/remediations.ts';
import { circlesIn, importsIn, reachedFrom, readImports } from './import-graph.ts';

/** The code that is deployed, run by operators, or packaged. */
const PRODUCT = ['cli', 'events', 'functions', 'infra', 'kubernetes', 'package'];
const graph = readImports(...PRODUCT, 'sandbox');
const functionNames = [...graph.keys()].flatMap((file) => /^functions\/([\w-]+)\/handler\.ts$/.exec(file)?.[1] ?? []);
const isTest = (file: string) => /\.(test|proof|fixture)\.ts$|\/(stack-under-test|services-under-test)\.ts$/.test(file);
const isProduct = (file: string) => PRODUCT.some((folder) => file.startsWith(`${folder}/`));

describe('the graph', () => {
  it('counts imports of types, exports from a file and imports at run time', () => {
    const text = `import type { A } from './a.ts'; export * from '../b.ts'; import z from 'zod'; await import('./c.ts')`;
    expect(importsIn('functions/x/d.ts', text)).toEqual(['functions/x/a.ts', 'functions/b.ts', 'functions/x/c.ts']);
  });

  it('has each circle once, and nothing that only leads to one', () => {
    const edges = { a: ['b'], b: ['c'], c: ['b'], d: ['d'], e: ['a', 'd'], f: [] };
    expect(circlesIn(new Map(Object.entries(edges)))).toEqual([['b', 'c'], ['d']]);
  });

  it('knows every file that is imported', () => {
    const unknown = [...graph].flatMap(([file, imported]) =>
      isTest(file) ? [] : imported.filter((one) => one.endsWith('.ts') && !graph.has(one)),
    );
    expect(unknown).toEqual([]);
    expect(graph.size).toBeGreaterThan(500);
  });
});

it('has no circle', () => {
  expect(circlesIn(graph)).toEqual([]);
});

describe.each(functionNames)('the rooms in functions/%s', (name) => {
  const room = new RegExp(`^functions/${name}/([\\w-]+)/`);
  const roomOf = (file: string) => room.exec(file)?.[1];

  it('import one another in one direction', () => {
    const files = [...graph.keys()].filter((file) => !isTest(file));
    const rooms = Map.groupBy(files, roomOf);
    const edges = [...rooms].flatMap(([from, own]): Array<[string, string[]]> => {
      if (from === undefined) return [];
      const to = own.flatMap((file) => graph.get(file) ?? []).flatMap((file) => roomOf(file) ?? []);
      return [[from, [...new Set(to)].filter((other) => other !== from)]];
    });
    expect(circlesIn(new Map(edges))).toEqual([]);
  });
});

it('imports nothing of the sandbox into the product', () => {
  const product = [...graph.keys()].filter((file) => isProduct(file) && !isTest(file));
  const importing = product.filter((file) =>
    [...reachedFrom(file, graph)].some((one) => /^(sandbox|test)\//.test(one)),
  );
  expect(importing).toEqual([]);
});

describe.each(functionNames)('functions/%s', (name) => {
  const own = `functions/${name}/`;
  const isOurs = (file: string) => file.startsWith(own) || /^(functions\/shared|events)\//.test(file);

  it('imports, types too, its own room, what is shared and events, and nothing else of the repository', () => {
    const room = [...graph.keys()].filter((file) => file.startsWith(own) && !isTest(file));
    expect(room).toContain(`${own}handler.ts`);
    expect(room.flatMap((file) => [...reachedFrom(file, graph)]).filter((file) => !isOurs(file))).toEqual([]);
  });
});

it('makes every function with a queue by the piece that has a failed batch come again, and reads batches nowhere else', () => {
  const piece = 'functions/shared/handler/queue-function.ts';
  const queued = REMEDIATIONS.flatMap(({ name, start }) =>
    start.by === 'queue' ? [`functions/${name}/handler.ts`] : [],
  );
  const importing = (file: string) =>
    [...graph].filter(([from, to]) => !isTest(from) && to.includes(file)).map(([from]) => from);
  expect(importing(piece)).toEqual(expect.arrayContaining(queued));
  expect(importing('functions/shared/intake/take-batch.ts')).toEqual([piece]);
});

it('builds the shared rooms on text and runtime, and has handlers alone on top of them', () => {
  const shared = [...graph].filter(([file]) => file.startsWith('functions/shared/') && !isTest(file));
  const roomOf = (file: string) => /^functions\/shared\/([\w-]+)\//.exec(file)?.[1] ?? '';
  const importedBy = (room: string) => [
    ...new Set(shared.flatMap(([file, to]) => (roomOf(file) === room ? to.map(roomOf) : []))),
  ];
  expect(importedBy('text').filter((room) => room !== 'text')).toEqual([]);
  expect(importedBy('runtime').filter((room) => room !== 'runtime')).toEqual(['text']);
  const beside = shared.filter(([file]) => roomOf(file) !== 'handler');
  expect(beside.filter(([, to]) => to.some((one) => roomOf(one) === 'handler'))).toEqual([]);
});

it('shares only what imports no room', () => {
  const shared = [...graph.keys()].filter((file) => /^(functions\/shared|events)\//.test(file) && !isTest(file));
  const foreign = shared.flatMap((file) =>
    graph.get(file)?.filter((one) => !/^(functions\/shared|events)\//.test(one)),
  );
  expect(foreign).toEqual([]);
});
