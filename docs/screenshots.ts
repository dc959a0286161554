import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { enter, takeNone } from '../cli/entry.ts';
import { print } from '../cli/output.ts';
import { UsageError } from '../cli/usage-error.ts';
import { readFleet } from '../sandbox/cli/arguments.ts';
import { withDeployment } from '../sandbox/cli/deployment.ts';
import { findChromium, startChromium } from '../sandbox/console/chromium.ts';
import { serveConsole } from '../sandbox/console/console-server.ts';
import { startRun } from '../sandbox/play.ts';

const USAGE = `Usage: npm run -s screenshots

Takes the pictures of the documentation from the demo run, in Chromium: light and dark, wide and on a phone.

  -h, --help   this

The environment: CHROMIUM is the path of a Chromium, where none is found by itself.
Exit codes: 0 taken; 1 a picture is too large; 2 there is no Chromium, or a wrong argument.`;

/** The moment of the run: upgrades are under way, one has failed, and a worker is in quarantine. */
const MOMENT_MS = (26 * 60 + 25) * 60_000;
const VIEWPORT = { width: 1_400, height: 900 };
const PHONE = { width: 390, height: 844 };
/** The part of the widget that a dashboard shows at once, px. */
const WIDGET_HEIGHT = 900;
const MOST_BYTES = 200_000;

const images = join(import.meta.dirname, 'images');

await enter(process.argv.slice(2), USAGE, async (argv) => {
  takeNone(argv, USAGE);
  const executable = findChromium();
  if (executable === undefined) {
    throw new UsageError('There is no Chromium here: install it (.ci/chromium does), or name one in CHROMIUM.');
  }
  mkdirSync(images, { recursive: true });
  const fleet = readFleet(join(import.meta.dirname, '..', 'sandbox', 'fleets', 'demo.json'));
  await withDeployment(async (synthesized) => {
    const { account } = await startRun({ fleet, synthesized });
    await account.play(MOMENT_MS);
    const server = await serveConsole(account, 0);
    const browser = await startChromium(executable);
    await takeAll(browser, server.url);
    await browser.close();
    await server.close();
  });
  weigh();
});

async function takeAll(browser: Browser, url: string): Promise<void> {
  for (const theme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ viewport: VIEWPORT, colorScheme: theme });
    await page.goto(url);
    await ready(page);
    await take(page, `page-${theme}`);
    const widget = await page.locator('#widget').boundingBox();
    if (widget === null) throw new Error('The page shows no widget.');
    const clip = { ...widget, height: Math.min(widget.height, WIDGET_HEIGHT) };
    await page.screenshot({ path: pathOf(`widget-${theme}`), fullPage: true, clip });
    await openIncident(page);
    await take(page, `incident-${theme}`);
    await page.close();
    const phone = await browser.newPage({ viewport: PHONE, deviceScaleFactor: 1.5, colorScheme: theme });
    await phone.goto(url);
    await ready(phone);
    await take(phone, `phone-${theme}`);
    await openIncident(phone);
    await take(phone, `phone-incident-${theme}`);
    await phone.close();
  }
}

function pathOf(name: string): string {
  return join(images, `${name}.png`);
}

async function take(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: pathOf(name) });
}

/** Opens the incident of the worker in quarantine. */
async function openIncident(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Release …' }).first().click();
  await page.getByText('Ask for an action').first().waitFor();
  await ready(page);
}

function ready(page: Page): Promise<void> {
  return page.getByRole('status').filter({ hasText: 'Ready.' }).waitFor({ timeout: 120_000 });
}

/** Prints the sizes of the pictures. One that is too large for a page fails. */
function weigh(): void {
  for (const name of ['page', 'widget', 'incident', 'phone', 'phone-incident'].flatMap((each) => [
    `${each}-light`,
    `${each}-dark`,
  ])) {
    const { size } = statSync(pathOf(name));
    print(`${name}.png: ${size.toLocaleString('en')} bytes`);
    if (size > MOST_BYTES) process.exitCode = 1;
  }
}
