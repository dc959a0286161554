import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { changeWindow, type nextOpening } from '../functions/shared/policy/change-window.ts';
import { bundleHandlers } from './bundle.ts';

it('a bundle loads the parser of cron expressions with the first one, and parses without JSON schemas', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bundle-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'handler.ts');
  const source = join(import.meta.dirname, '..', 'functions', 'shared', 'policy', 'change-window.ts');
  writeFileSync(path, `export * from ${JSON.stringify(source)};`);
  await bundleHandlers([{ name: 'windows', path }], directory);

  const load = createRequire(import.meta.url);
  const parser = join(directory, 'windows', 'cron.js');
  const bundled = load(join(directory, 'windows', 'index.js')) as {
    changeWindow: typeof changeWindow;
    nextOpening: typeof nextOpening;
  };
  expect(bundled.nextOpening([], 5)).toBe(5);
  expect(load.cache[parser]).toBeUndefined();

  const window = { cron: '0 22 * * MON-FRI', duration: '4h', timeZone: 'Europe/Berlin' };
  const now = Date.parse('2026-07-04T12:00:00Z');
  expect(bundled.nextOpening([bundled.changeWindow.parse(window)], now)).toBe(Date.parse('2026-07-06T20:00:00Z'));
  expect(load.cache[parser]).toBeDefined();

  const broken = { cron: '99 22 * * *', duration: '4h' };
  const { error } = bundled.changeWindow.safeParse(broken);
  expect(error?.issues).toEqual(changeWindow.safeParse(broken).error?.issues);
  expect(() => bundled.changeWindow.toJSONSchema()).toThrow('No JSON schema is made in a bundle.');
});
