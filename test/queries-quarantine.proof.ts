import { beforeAll, describe, expect, it } from 'vitest';
import { sample as remediationRequest } from '../events/remediation-request.ts';
import { ANY_FAILED_RUN } from '../infra/runbook.ts';
import { compileFilterPattern } from '../sandbox/account/logs/filter-pattern.ts';
import type { Run } from '../sandbox/play.ts';
import { HOUR, MINUTE, start } from './harness.ts';
import { ask as askAbout, changes, inQuarantine, setPolicy } from './quarantine.fixture.ts';
import { askInsights as ask, textOf, told } from './queries.fixture.ts';

/** A run with a worker in quarantine. */
let held: Run;
beforeAll(async () => {
  held = await start({ fleet: 'demo', play: '75m', inProcess: true });
});

/** Makes a request, and lets its outcome happen. */
async function asked(run: Run, put: () => void): Promise<void> {
  put();
  await run.account.play(2 * MINUTE);
}

/** Publishes an operator's request about the upgrades of shop/web. */
function putRequest({ account }: Run, action: 'retry' | 'approve'): void {
  const who = { why: 'a test asked for it', requestedBy: 'arn:aws:iam::111122223333:role/tester' };
  const about = { remediation: 'upgrade-node-groups', clusterName: 'shop', nodegroupName: 'web' } as const;
  const time = new Date(account.time.now).toISOString();
  account.putEvent({ ...remediationRequest, id: `request-${action}`, time, detail: { ...about, action, ...who } });
}

describe('the saved queries', () => {
  it('what was changed by a quarantine: each call, and that it began', async () => {
    const rows = await ask(held, textOf(held, 'what was changed'));
    const made = changes(held);
    expect(made.map(({ operation }) => operation)).toContain('ModifyNetworkInterfaceAttribute');
    const calls = rows.map(({ allCalls = '' }) => allCalls).join(' ');
    const ofAws = made.filter(({ service }) => service === 'ec2' || service === 'autoscaling');
    for (const { operation, requestId } of ofAws) {
      expect(calls).toContain(`"operation":"${operation}","requestId":"${requestId}"`);
    }
    const ours = rows.filter(({ remediation }) => remediation === 'quarantine-workers');
    // In between it may wait for a step; that record has its calls as well.
    expect(new Set(told(ours, 'reason'))).toEqual(
      new Set(['quarantined', 'quarantine-in-progress', 'quarantine-started']),
    );
  });

  it('who asked for it: requests that were granted and refused, with who and why', async () => {
    const [worker] = inQuarantine(held);
    const since = Math.ceil(held.account.time.now / 1000);
    await asked(held, () => askAbout(held, 'extend', worker!.id, { by: '900d' }));
    await asked(held, () => askAbout(held, 'extend', worker!.id, { by: '3d' }));
    await asked(held, () => putRequest(held, 'retry'));
    const rows = await ask(held, textOf(held, 'who asked for it'), since);
    expect(told(rows, 'trigger.type', 'reason', 'instance').reverse()).toEqual([
      `Quarantine Request request-refused ${worker?.id}`,
      `Quarantine Request quarantine-extended ${worker?.id}`,
      'Remediation Request request-refused ',
      // The following reconcile records the state.
      'Upgrade Reconcile Request (operator) up-to-date ',
    ]);
    for (const { requestedBy, why } of rows.filter((row) => row['trigger.type']?.endsWith('Request'))) {
      expect([requestedBy, why]).toEqual(['arn:aws:iam::111122223333:role/tester', 'a test asked for it']);
    }
  });

  it('what is in quarantine, since it began: whatever is refused, and whatever keeps anybody from acting', async () => {
    const [worker] = inQuarantine(held);
    const text = textOf(held, 'what is in quarantine');
    const began = held.records.find(({ reason }) => reason === 'quarantine-started')?.time;
    await asked(held, () => askAbout(held, 'extend', worker!.id, { by: '900d' }));
    expect(held.records.at(-1)).toMatchObject({ reason: 'request-refused', instance: worker?.id });
    expect(await ask(held, text)).toMatchObject([{ instance: worker?.id, began, lastWord: 'quarantine-extended' }]);
    setPolicy(held, '{"killSwitch":true}');
    await held.account.play(HOUR);
    expect(held.records.at(-1)?.reason).toBe('kill-switch');
    setPolicy(held, '{}');
    expect(told(await ask(held, text), 'instance', 'began')).toEqual([`${worker?.id} ${began}`]);
    // Nothing is assumed about the time before the range.
    const [late] = await ask(held, text, Math.ceil(Date.parse(began ?? '') / 1000) + 1);
    expect(late).toMatchObject({ instance: worker?.id, told: expect.any(String) });
    expect(late).not.toHaveProperty('began');
  });

  it('which runs failed: also those that could say nothing themselves', async () => {
    const run = await start({ fleet: 'demo' });
    const [sweep] = run.account.lambda.functions.filter(({ label }) => label === 'sweep-fleet');
    const timeoutMs = sweep?.timeoutMs;
    Object.assign(sweep!, { timeoutMs: 20 });
    await run.account.play(65 * MINUTE);
    Object.assign(sweep!, { timeoutMs });
    const rows = await ask(run, textOf(run, 'which runs failed'));
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toMatchObject({ errorName: 'Sandbox.Timedout', request: expect.any(String) });
    // The alarms' first command finds them, too.
    const [, pattern = ''] = /--filter-pattern '(.*)'/.exec(ANY_FAILED_RUN.first) ?? [];
    const lines = run.account.logs.group(String(run.account.stack.outputs.LogGroupName)).events;
    const found = lines.filter(({ message }) => compileFilterPattern(pattern)(message));
    expect(found).toHaveLength(rows.length);
  });
});
