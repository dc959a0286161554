import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleRecord } from '../functions/shared/records/record.fixture.ts';
import { findChromium, startChromium } from '../sandbox/console/chromium.ts';
import { type ConsoleServer, serveConsole } from '../sandbox/console/console-server.ts';
import type { Run } from '../sandbox/play.ts';
import { start } from './harness.ts';
import { isHere } from './is-here.ts';

const chromium = findChromium();
if (chromium === undefined) console.warn('widget: skipped in the browser (no Chromium here; see .ci/chromium)');

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = [
  { width: 390, height: 844 },
  { width: 1_600, height: 1_000 },
];

describe.skipIf(!isHere('Chromium', chromium !== undefined, 'run .ci/chromium'))('the widget in Chromium', () => {
  let run: Run;
  let server: ConsoleServer;
  let browser: Browser;
  const errors: string[] = [];

  beforeAll(async () => {
    run = await start({ fleet: 'demo', play: '2h', inProcess: true });
    server = await serveConsole(run.account, 0);
    browser = await startChromium(chromium ?? '');
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  /** Opens the page, and waits until the widget is shown. */
  async function open(viewport = { width: 1_280, height: 900 }): Promise<Page> {
    const page = await browser.newPage({ viewport });
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(server.url);
    await ready(page);
    return page;
  }
  const ready = (page: Page) => page.getByRole('status').filter({ hasText: 'Ready.' }).waitFor();
  /** Does something that invokes a function, and waits until its response is shown. */
  async function after(page: Page, act: () => Promise<unknown>): Promise<void> {
    const answered = page.waitForResponse((response) => response.url().endsWith('/call'));
    await act();
    await answered;
    await ready(page);
  }
  const press = (page: Page, name: string | RegExp) =>
    page.locator('#widget').getByRole('button', { name, exact: true });
  const openIncident = async (page: Page) => {
    await page.getByText('Narrow the records').click();
    await page.getByLabel('Cluster, group, worker').fill('quarantined');
    await after(page, () => press(page, 'Filter').click());
    await after(page, () => page.getByRole('table').getByRole('button').first().click());
  };

  /** Writes records directly into the log. No function wrote them, so no subscriber gets them. */
  function log(...records: readonly object[]): void {
    const { logs, stack, time } = run.account;
    const group = logs.group(String(stack.outputs.LogGroupName));
    for (const [index, record] of records.entries()) {
      const own = { id: `logged ${group.nextIndex} ${index}`, time: new Date(time.now).toISOString() };
      const message = JSON.stringify({ ...exampleRecord, ...own, ...record });
      group.events.push({ index: group.nextIndex++, stream: 'stream', timestamp: time.now, message });
    }
  }
  async function violations(page: Page): Promise<string[]> {
    // Evaluated like in the debugger, because the page's own policy allows nothing else to run.
    await page.evaluate(axe);
    const found = (await page.evaluate('axe.run(document)')) as {
      violations: Array<{ id: string; nodes: Array<{ html: string }> }>;
    };
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  }
  async function expectInView(page: Page, locator: Locator): Promise<void> {
    const box = await locator.boundingBox();
    expect(box?.y).toBeGreaterThanOrEqual(0);
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual(page.viewportSize()?.height ?? 0);
  }
  const overflow = (page: Page) => page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');

  describe.each(SIZES)('at $width by $height', (size) => {
    it.each(['light', 'dark'])('is accessible and fits, in the %s theme', async (theme) => {
      const page = await open(size);
      if (theme === 'dark') await after(page, () => page.getByLabel('Theme').selectOption('dark'));
      const shots = [await page.screenshot({ fullPage: true })];
      expect(await violations(page)).toEqual([]);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      await openIncident(page);
      shots.push(await page.screenshot({ fullPage: true }));
      expect(await violations(page)).toEqual([]);
      expect(await overflow(page)).toBeLessThanOrEqual(0);
      await press(page, 'Terminate').click();
      expect(await violations(page)).toEqual([]);
      // An empty picture would have a few kilobytes.
      for (const shot of shots) expect(shot.length).toBeGreaterThan(20_000);
      await page.close();
    });
  });

  it('can be used by keyboard alone, and says no by Escape', async () => {
    const page = await open();
    const tabTo = async (label: string) => {
      const seen: string[] = [];
      for (let press = 0; press < 40; press++) {
        await page.keyboard.press('Tab');
        // Descends into the shadow root, where the focus really is.
        const focused = await page.evaluate<string>(
          '(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; return at?.name || at?.textContent; })()',
        );
        if (focused === label) return;
        seen.push(focused);
      }
      throw new Error(`Tab never comes to ${label}, but to ${seen.join(', ')}.`);
    };
    await tabTo('Narrow the records');
    await page.keyboard.press('Enter');
    await tabTo('ehr-find');
    await page.keyboard.type('quarantined');
    await tabTo('Filter');
    await after(page, () => page.keyboard.press('Enter'));
    const [subject = ''] = await page.getByRole('table').getByRole('button').allTextContents();
    await tabTo(subject);
    await after(page, () => page.keyboard.press('Enter'));
    await tabTo('Terminate');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Confirm the action' }).waitFor();
    const asked = run.calls.filter(({ function: name }) => name === 'request-actions').length;
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(run.calls.filter(({ function: name }) => name === 'request-actions')).toHaveLength(asked);
    await page.close();
  });

  it('asks for an action behind a confirmation, and shows in the records what came of it', async () => {
    const page = await open();
    await openIncident(page);
    const ask = async (action: string) => {
      await press(page, action).click();
      const dialog = page.getByRole('dialog');
      // The confirming button names the action.
      await dialog.getByRole('button', { name: action, exact: true }).click();
      const text = await dialog.locator('h2').innerText();
      await dialog.getByRole('button', { name: 'Close' }).click();
      told.push(text);
    };
    const told: string[] = [];
    await ask('Extend');
    await page.getByLabel('Your name').fill('Ada <b>Lovelace</b>');
    await page.getByLabel('Reason').fill('forensics take longer');
    await ask('Extend');
    // The page shows the result by itself.
    await page.getByText(/^Your request: .*quarantine-extended/).waitFor();
    await ready(page);
    await page.getByLabel('Your name').fill('Ada <b>Lovelace</b>');
    await page.getByLabel('Reason').fill('looked into it');
    await ask('Release');
    await page.getByText(/^Your request: /).waitFor();
    await page.getByText('asked by Ada <b>Lovelace</b> (by the dashboard): looked into it').first().waitFor();
    await ready(page);
    expect(told).toEqual([
      'Nothing was asked for',
      expect.stringMatching(/^Asked for: extend i-/),
      expect.stringMatching(/^Asked for: release i-/),
    ]);
    expect(await press(page, 'Release').count()).toBe(0);
    expect(run.records.map(({ reason }) => reason)).toContain('released');
    await page.close();
  });

  it('filters by Enter, and clears where the filter is set', async () => {
    const page = await open();
    const rows = await page.getByRole('row').count();
    await page.getByText('Narrow the records').click();
    await page.getByLabel('Cluster, group, worker').fill('quarantined');
    await after(page, () => page.keyboard.press('Enter'));
    expect(await page.getByRole('row').count()).toBeLessThan(rows);
    await after(page, () => press(page, 'Clear').click());
    expect(await page.getByRole('row').count()).toBe(rows);
    await page.close();
  });

  it('goes back and forward, opens links to a subject, and keeps the view while time passes', async () => {
    const page = await open();
    const heading = page.locator('#widget').getByRole('heading', { level: 2 });
    await after(page, () => press(page, 'batch').click());
    expect(page.url()).toBe(`${server.url}#shop/batch`);
    expect(await heading.innerText()).toContain('shop/batch');
    await after(page, () => page.getByRole('button', { name: '5 minutes' }).click());
    expect(await heading.innerText()).toContain('shop/batch');
    await after(page, () => page.goBack());
    expect(await heading.innerText()).toMatch(/eeds you/);
    await after(page, () => page.goForward());
    expect(await heading.innerText()).toContain('shop/batch');
    const linked = await browser.newPage();
    await linked.goto(`${server.url}#shop/web`);
    await ready(linked);
    expect(await linked.locator('#widget').getByRole('heading', { level: 2 }).innerText()).toContain('shop/web');
    await Promise.all([page.close(), linked.close()]);
  });

  it('shows what needs somebody in ten seconds: at 1400 by 900 without scrolling, by state and line by line', async () => {
    const instance = run.account.fleet.instances.list().find(({ tags }) => tags.has('eks:nodegroup-name'))?.id;
    log(
      { nodegroup: 'open', remediation: 'quarantine-workers', decision: 'refused', reason: 'workers-stay-exposed' },
      { nodegroup: 'broken', decision: 'failed', reason: 'upgrade-failed' },
      { nodegroup: 'proposed', decision: 'would-act', reason: 'would-upgrade' },
      { instance, remediation: 'quarantine-workers', decision: 'done', reason: 'quarantined' },
    );
    const page = await open({ width: 1_400, height: 900 });
    const summary = page.getByRole('list', { name: 'Needs you, by state' });
    const lines = page.getByRole('list', { name: 'Needs you', exact: true }).getByRole('listitem');
    for (const state of ['exposed', 'failed', 'in quarantine', 'to approve']) {
      const counted = summary.getByRole('listitem').filter({ hasText: state });
      await expectInView(page, counted);
      expect(await counted.innerText()).toMatch(/[1-9]\d*$/);
      await expectInView(page, lines.filter({ hasText: state }).first());
    }
    for (const line of await lines.all()) expect(await line.getByRole('button').count()).toBe(2);
    await page.close();
  });

  it('says that its server is gone, and goes on as soon as it is back', async () => {
    const own = await serveConsole(run.account, 0);
    const page = await browser.newPage();
    await page.goto(`${own.url}#shop/web`);
    await ready(page);
    await own.close();
    await page.getByRole('status').filter({ hasText: 'The server does not answer.' }).waitFor();
    const back = await serveConsole(run.account, Number(new URL(own.url).port));
    await ready(page);
    await page.locator('#widget').getByRole('heading', { name: 'shop/web' }).waitFor();
    await page.close();
    await back.close();
  });

  it('runs nothing that comes from outside, and shows it as it is', async () => {
    const attack = (field: string) =>
      `${field}"'><img src=x onerror="window.hacked='${field}'"><script>window.hacked='${field}'</script>`;
    const { time, fleet } = run.account;
    const fields = [
      'cluster',
      'nodegroup',
      'instance',
      'reason',
      'message',
      'hint',
      'correlationId',
      'account',
      'region',
    ];
    const hostile = {
      ...exampleRecord,
      ...Object.fromEntries(fields.map((field) => [field, attack(field)])),
      id: attack('id'),
      time: new Date(time.now).toISOString(),
      trigger: { id: attack('trigger id'), type: attack('trigger type') },
    };
    // One record is hostile throughout; the other is about a worker whose name can be opened.
    log(hostile, { ...hostile, id: 'told', instance: 'i-0badc0de' });
    const worker = fleet.instances.list().find(({ tags }) => tags.has('eks:nodegroup-name'));
    // A tag that cannot be the name of a node group names none. An Auto Scaling group may have any name.
    worker?.tags.delete('eks:nodegroup-name');
    worker?.tags.set('aws:autoscaling:groupName', attack('tag'));
    const page = await open();
    await page.getByText(attack('message')).first().waitFor();
    await page.getByText(attack('tag')).first().waitFor();
    await page.getByText('Narrow the records').click();
    await page.getByLabel('Cluster, group, worker').fill(attack('typed'));
    await after(page, () => press(page, 'Filter').click());
    expect(await page.getByLabel('Cluster, group, worker').inputValue()).toBe(attack('typed'));
    await page.getByLabel('Cluster, group, worker').fill('i-0badc0de');
    await after(page, () => press(page, 'Filter').click());
    await after(page, () => page.getByRole('table').getByRole('button').first().click());
    // Ids are collapsed.
    await page.locator('ol details summary').first().click();
    for (const field of ['message', 'hint', 'trigger id', 'trigger type', 'cluster']) {
      await page.getByText(attack(field)).first().waitFor();
    }
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(await page.locator('#widget img, #widget script, #widget [onerror]').count()).toBe(0);
    await page.close();
  });

  it('would run nothing even if a function answered with a script', async () => {
    const page = await browser.newPage();
    const html = [
      '<script>window.hacked=1</script><img src=x onerror="window.hacked=2"><svg onload="window.hacked=3"><use href="#x"/></svg>',
      '<iframe srcdoc="<script>parent.hacked=4</script>"></iframe><a href="javascript:window.hacked=5">link</a>',
      '<button type="button" onclick="window.hacked=6">button</button><form action="https://example.com"><input name="a"></form>',
    ].join('');
    await page.route('**/call', (route) => route.fulfill({ json: { html } }));
    await page.goto(server.url);
    await ready(page);
    await page.getByText('link').click();
    await page.getByRole('button', { name: 'button' }).click();
    expect(await page.evaluate('window.hacked')).toBeUndefined();
    expect(await page.locator('#widget :is(script, iframe, use)').count()).toBe(0);
    expect(page.url()).toBe(server.url);
    await page.close();
  });

  it('has left no error in the console of the browser', () => {
    expect(errors).toEqual([]);
  });
});
