import { beforeAll, describe, expect, it } from 'vitest';
import { exampleRecord } from '../functions/shared/records/record.fixture.ts';
import type { Run } from '../sandbox/play.ts';
import { HOUR, MINUTE, start } from './harness.ts';
import { deniedCalls } from './iam.ts';
import { buttonsIn, carriedBy, chosen, shown } from './widget.fixture.ts';

let run: Run;
const widget = (carried: object = {}, context: object = {}) => shown(run.account, carried, context);
const all = () => ({ timeRange: { start: run.account.time.now - 24 * HOUR, end: run.account.time.now + 1_000 } });
/** Writes a line into the log without delivering it to subscribers, so that nobody is notified. */
function log(line: object): void {
  const group = run.account.logs.group(String(run.account.stack.outputs.LogGroupName));
  const timestamp = run.account.time.now;
  group.events.push({ index: group.nextIndex++, stream: 'stream', timestamp, message: JSON.stringify(line) });
}

/** The subjects in the rows of the table. */
const subjectsIn = (markup: string): string[] =>
  [...markup.matchAll(/<td class="ehr-time">[^<]*<\/td><td class="ehr-about">(?:<button[^>]*>)?([^<]*)/g)].map(
    ([, text = '']) => text,
  );

beforeAll(async () => {
  run = await start({ inProcess: true, fleet: 'demo', play: '2h' });
});

describe('the widget', () => {
  it('shows the fleet with what was decided about it, and the records', async () => {
    const markup = await widget({}, all());
    for (const name of ['shop', 'web', 'batch', 'postgres', 'frozen']) expect(markup).toContain(`>${name}</button>`);
    expect(markup).toMatch(/<svg role="img" aria-label="Records over time: .*\d+ acted/);
    expect(markup).toMatch(/aria-label="\d workers: 1 in quarantine, \d done"/);
    expect(markup).toMatch(/ehr-hosts">managed · Amazon Linux 2023 · amazon-eks-node-al2023-[^<,]+, \d+ days old/);
    expect(subjectsIn(markup)).toHaveLength(25);
  });

  it('calls nothing but the two functions', async () => {
    const { view, act } = endpoints();
    const pages = [await widget({}, all()), await widget(await incidentOfQuarantined(), all())];
    const called = new Set(pages.flatMap((markup) => buttonsIn(markup).map(({ endpoint }) => endpoint)));
    expect([...called].sort()).toEqual([act, view].sort());
  });

  it('follows the time range, and the zoom before it', async () => {
    const first = Date.parse(run.records[0]!.time);
    const zoom = { start: first - 1_000, end: first + 1_000 };
    const all24 = all().timeRange;
    expect(subjectsIn(await widget({}, { timeRange: { ...all24, zoom } })).length).toBeLessThan(25);
    const before = { start: first - 48 * HOUR, end: first - 24 * HOUR };
    expect(await widget({}, { timeRange: before })).toContain('No record in this time range fits the filter.');
  });

  it('tells what it is where CloudWatch asks, and shows something whatever it is called with', async () => {
    const { account } = run;
    expect(await account.invoke('review-actions', { describe: true })).toMatchObject({
      result: { markdown: expect.stringContaining('review-actions') },
    });
    for (const strange of [null, 'text', [], { widgetContext: { timeRange: 7, forms: 'x' }, trail: 'y', subject: 1 }]) {
      expect(await account.invoke('review-actions', strange)).toMatchObject({ ok: true });
      expect(await account.invoke('request-actions', strange)).toMatchObject({
        result: expect.stringContaining('Nothing was asked for'),
      });
    }
  });
});

describe('an action', () => {
  it('is offered whatever the time range, and the incident says that its records lie outside', async () => {
    const { time } = run.records[0]!;
    const before = { start: Date.parse(time) - 48 * HOUR, end: Date.parse(time) - 24 * HOUR };
    const incident = await widget(await incidentOfQuarantined(), { timeRange: before });
    expect(buttonsIn(incident).map(({ label }) => label)).toEqual(
      expect.arrayContaining(['Release', 'Extend', 'Terminate']),
    );
    expect(incident).toMatch(/Now: .*: in quarantine since [^,]*, until /);
    expect(incident).toContain('Its latest records lie outside this time range');
    expect(await widget(await incidentOfQuarantined(), all())).not.toContain('lie outside');
  });

  it('that was refused leaves the worker in quarantine, on the picture as in its story', async () => {
    const carried = carriedBy(await widget(await incidentOfQuarantined(), all()), 'Extend');
    await run.account.invoke('request-actions', chosen(carried as never, { 'ehr-by': '900d' }));
    await run.account.play(3 * MINUTE);
    const ours = run.records.filter(({ remediation }) => remediation === 'quarantine-workers');
    expect(ours.at(-1)?.reason).toBe('request-refused');
    expect(await widget({}, all())).toMatch(/aria-label="\d workers: 1 in quarantine, \d done"/);
    const incident = await widget(await incidentOfQuarantined(), all());
    expect(incident).toMatch(/Now: .*: in quarantine since [^,]*, until /);
    expect(buttonsIn(incident).map(({ label }) => label)).toContain('Release');
  });

  it('is offered in the incident, carried out, and recorded with who asked and why', async () => {
    const incident = await widget(await incidentOfQuarantined(), all());
    expect(buttonsIn(incident).map(({ label }) => label)).toEqual(
      expect.arrayContaining(['Release', 'Extend', 'Terminate']),
    );
    const outcome = await run.account.invoke('request-actions', chosen(carriedBy(incident, 'Release') as never));
    expect(outcome).toMatchObject({ result: expect.stringContaining('Asked for: release') });
    await run.account.play(3 * MINUTE);
    const after = await widget(await incidentOfQuarantined(), all());
    expect(after).toContain('asked by Ada (by the dashboard): looked into it');
    expect(buttonsIn(after).map(({ label }) => label)).not.toContain('Release');
  });

  it('approves what mode observe proposes', async () => {
    const policy = { upgrades: { mode: 'observe', bakeAge: '1m' } };
    const { account, records } = await start({ inProcess: true, fleet: 'demo', policy, play: '150m' });
    const incident = await shown(account, { subject: { cluster: 'data', nodegroup: 'postgres' } });
    expect(buttonsIn(incident).map(({ label }) => label)).toEqual(expect.arrayContaining(['Approve', 'Reject']));
    await account.invoke('request-actions', chosen(carriedBy(incident, 'Approve') as never));
    await account.play(3 * MINUTE);
    const ours = records.filter((record) => record.cluster === 'data' && record.nodegroup === 'postgres');
    expect(ours.map(({ reason }) => reason)).toContain('upgrade-started');
    expect(ours.find(({ reason }) => reason === 'request-granted')?.message).toContain('Ada (by the dashboard)');
  });

  it('that lacks a name or a reason goes nowhere', async () => {
    const before = run.records.length;
    const offer = { action: 'terminate', remediation: 'quarantine-workers', subject: { instance: 'i-0abc' } } as const;
    for (const form of [{ 'ehr-who': '' }, { 'ehr-why': '' }]) {
      expect(await run.account.invoke('request-actions', chosen(offer, form))).toMatchObject({
        result: expect.stringContaining('Nothing was asked for'),
      });
    }
    await run.account.play(MINUTE);
    expect(run.records.slice(before).filter(({ remediation }) => remediation === 'quarantine-workers')).toEqual([]);
  });
});

describe('pages', () => {
  it('give each record once, also where many were written in one second', async () => {
    const ids = Array.from({ length: 90 }, (_, index) => `paged-${String(index).padStart(2, '0')}`);
    for (const [index, id] of ids.entries()) {
      if (index % 40 === 0) await run.account.play(700);
      log({ ...exampleRecord, id, cluster: id, time: new Date(run.account.time.now).toISOString() });
    }
    const seen: string[] = [];
    let carried: object = { filter: { find: 'paged-', decision: '', remediation: '' } };
    for (let page = 0; page < 10; page++) {
      const markup = await widget(carried, all());
      seen.push(...subjectsIn(markup).map((subject) => subject.split('/')[0] ?? ''));
      const older = buttonsIn(markup).find(({ label }) => label === 'Older');
      if (older === undefined) break;
      carried = older.carried;
    }
    expect(seen.toSorted()).toEqual(ids);
    expect(seen[0]).toBe(ids.at(-1));
  });

  it('at 10,000 records cost as many calls and as much markup as any other', async () => {
    const decisions = ['done', 'failed', 'waiting', 'acted', 'skipped'] as const;
    for (let index = 0; index < 10_000; index++) {
      if (index % 500 === 0) await run.account.play(MINUTE);
      const subject = {
        cluster: 'big',
        nodegroup: `group-${index % 40}`,
        instance: `i-${index.toString(16).padStart(8, '0')}`,
      };
      const time = new Date(run.account.time.now).toISOString();
      const decision = decisions[index % 5];
      log({ ...exampleRecord, id: `big-${index}`, ...subject, decision, time, message: 'x'.repeat(300) });
    }
    const before = run.calls.length;
    const realStart = performance.now();
    const heapBefore = process.memoryUsage().heapUsed;
    const markup = await widget({}, all());
    expect(performance.now() - realStart).toBeLessThan(10_000);
    expect(process.memoryUsage().heapUsed - heapBefore).toBeLessThan(256 * 2 ** 20);
    const calls = run.calls.slice(before).filter((call) => call.function === 'review-actions');
    expect(calls.filter(({ operation }) => operation === 'StartQuery')).toHaveLength(4);
    expect(calls.length).toBeLessThan(30);
    expect(markup.length).toBeLessThan(150_000);
    expect(subjectsIn(markup)).toHaveLength(25);
    const older = await widget(carriedBy(markup, 'Older'), all());
    expect(new Set([...subjectsIn(markup), ...subjectsIn(older)]).size).toBe(50);
  });
});

it('makes only calls that its role allows', async () => {
  const calls = run.calls.filter(({ function: name }) => name === 'review-actions' || name === 'request-actions');
  expect(calls.length).toBeGreaterThan(20);
  expect(await deniedCalls(run.account, calls)).toEqual([]);
});

function endpoints() {
  const arnOf = (name: string) => run.account.lambda.functions.find(({ label }) => label === name)?.arn ?? '';
  return { view: arnOf('review-actions'), act: arnOf('request-actions') };
}

/** The parameters of the button that opens the incident of the worker in quarantine. */
async function incidentOfQuarantined(): Promise<object> {
  const { instance } = run.records.find(({ reason }) => reason === 'quarantined')!;
  return { subject: { cluster: 'shop', nodegroup: 'web', instance } };
}
