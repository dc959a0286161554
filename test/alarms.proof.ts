import { describe, expect, inject, it } from 'vitest';
import { sample as amiRelease } from '../events/eks-ami-release.ts';
import { sample as remediationRequest } from '../events/remediation-request.ts';
import * as shellsReconcileRequest from '../events/shells-reconcile-request.ts';
import { REMEDIATIONS } from '../functions/remediations.ts';
import type { Remediation } from '../functions/shared/declaration/remediation.ts';
import { stateOf } from '../sandbox/account/cloudwatch/alarms.ts';
import type { BusEvent } from '../sandbox/account/event-bridge/event-bridge.ts';
import { al2023, file } from '../sandbox/account/ssm/node-systems.ts';
import { parseFleet } from '../sandbox/fleet/parse-fleet.ts';
import { type Run, startRun } from '../sandbox/play.ts';
import { readSynthesizedStack } from '../sandbox/stack/template.ts';
import * as drains from './drain-nodes.fixture.ts';
import { HOUR, MINUTE, start } from './harness.ts';
import { ask, inQuarantine, quarantineOfEveryDecision } from './quarantine.fixture.ts';
import * as groups from './refresh-groups.fixture.ts';
import { retryOf } from './widget.fixture.ts';

/** An alarm's name without that of the stack. */
const shortName = (alarmName: string): string => alarmName.replace(/^eks-host-remediator-/, '');

/** The alarms that were seen to fire and to end. */
const proven = new Set<string>();
const all = new Set<string>();

/** The alarms that fire now. */
function standing({ account }: Run): string[] {
  return account.cloudWatch.alarms.all
    .filter((alarm) => stateOf(alarm) === 'ALARM')
    .map(({ watched }) => shortName(watched.definition.name))
    .sort();
}

/** The states that an alarm took, one after another. */
const historyOf = ({ account }: Run, alarmName: string): string[] =>
  account.cloudWatch.alarms.all
    .filter(({ watched }) => shortName(watched.definition.name) === alarmName)
    .flatMap(({ history }) => history.map(({ to }) => to));

/** The messages to the topic of the alarms. */
const alarmMessages = ({ account }: Run) =>
  account.sns.published.filter(({ message }) => message.includes('"AlarmName"'));

/** Notes which alarms have fired and ended by now. The topic must have got each change, as the alarm says. */
function note(run: Run): void {
  const { account } = run;
  const told = alarmMessages(run).map(({ message }) => {
    const { AlarmName, NewStateValue, StateChangeTime } = JSON.parse(message);
    return `${AlarmName} ${NewStateValue} ${Date.parse(StateChangeTime.replace('+0000', 'Z'))}`;
  });
  for (const { watched, history } of account.cloudWatch.alarms.all) {
    const { name } = watched.definition;
    all.add(shortName(name));
    for (const { to, at } of history.filter((change) => change.to === 'ALARM')) {
      expect(told).toContain(`${name} ${to} ${at}`);
    }
    const ended = history.some(({ from, to }) => from === 'ALARM' && to === 'OK');
    if (ended) proven.add(shortName(name));
  }
  expect(account.deliveries.lost.filter(({ delivery }) => delivery.targetArn.includes(':sns:'))).toEqual([]);
}

const [OLD, NEW, NEWER] = ['1.33.12-20260625', '1.33.13-20260714', '1.33.14-20260801'];
const release = (releaseVersion: string, at: string) => ({
  at,
  kubernetesVersion: '1.33',
  amiType: 'AL2023_x86_64_STANDARD',
  releaseVersion,
});
const group = (more: object = {}) => ({ name: 'web', desiredSize: 2, updates: { minutesPerNode: 4 }, ...more });
const fleet = (nodeGroup: object, releases: object[] = []) => ({
  startsAt: '2026-07-14T00:00:00Z',
  releases: [release(OLD, '-10d'), ...releases],
  clusters: [{ name: 'shop', version: '1.33', nodeGroups: [nodeGroup] }],
});

/** What the lines of this kind are about. */
const linesOf = ({ account }: Run, kind: string): Array<{ of: string; seconds?: number; throttles?: number }> =>
  account.logs
    .group(String(account.stack.outputs.LogGroupName))
    .events.flatMap(({ message }) => (message.includes(`"kind":"${kind}"`) ? [JSON.parse(message)] : []));

/** The functions with a queue. */
const QUEUED = REMEDIATIONS.filter(({ start: { by } }: Remediation) => by === 'queue').map(({ name }) => name);

/** One event for each function that takes events. */
const ONE_EACH = REMEDIATIONS.flatMap((declared: Remediation) => {
  const [first] = Object.values(declared.events);
  return first === undefined ? [] : [first.event.sample as BusEvent];
});

/** Functions that only their schedule starts, once a day. */
const DAILY = REMEDIATIONS.filter(
  ({ start, events }: Remediation) =>
    start.by === 'schedule' && start.every === 'day' && Object.keys(events).length === 0,
);

/** Empties all dead-letter queues, as an operator does when the cause is cured. */
const purgeDeadLetters = ({ account }: Run): void => {
  for (const queue of account.sqs.queues) if (queue.settings.redrive === undefined) queue.purge();
};

/** Uses the widget and requests an action, as somebody in front of the dashboard does. */
async function useWidget({ account }: Run): Promise<void> {
  await account.invoke('review-actions', {});
  await account.invoke('request-actions', retryOf('web'));
}

it('a day on which all is well raises no alarm, and one message to each topic that says so', async () => {
  const policy = { upgrades: { bakeAge: '1h' } };
  const run = await start({ inProcess: true, fleet: fleet(group(), [release(NEW, '+30m')]), policy, play: '24h' });
  expect(run.records.map(({ reason }) => reason)).toContain('upgraded');
  note(run);
  const states = run.account.cloudWatch.alarms.all.map((alarm) => [
    shortName(alarm.watched.definition.name),
    alarm.history.map(({ to }) => to).join(' '),
  ]);
  expect(states.filter(([, history]) => history !== 'INSUFFICIENT_DATA OK')).toEqual([]);
  const messages = alarmMessages(run).map(({ subject, topicArn }) => [
    subject,
    /Alarms([A-Z]\w*Topic|Topic)/.exec(topicArn)?.[1],
  ]);
  const well = expect.stringMatching(/^OK: "eks-host-remediator-unhealthy"/);
  expect(messages).toEqual([
    [well, 'Topic'],
    [well, 'PageTopic'],
  ]);
});

it('when AWS fails for hours: errors, waiting requests, dead letters; and all is well again afterwards', async () => {
  const faults = { serverErrorRate: 0 };
  const run = await start({ inProcess: true, fleet: fleet(group()), faults, play: '65m' });
  expect(standing(run)).toEqual([]);
  faults.serverErrorRate = 1;
  for (const event of ONE_EACH) run.account.putEvent(event);
  await useWidget(run);
  await run.account.play(4 * HOUR);
  // Each sweep that fails raises the alarm again.
  expect(historyOf(run, 'function-errors').filter((state) => state === 'ALARM').length).toBeGreaterThanOrEqual(4);
  faults.serverErrorRate = 0;
  await run.account.play(65 * MINUTE);
  expect(standing(run)).toEqual(expect.arrayContaining(['unhealthy', 'dead-letters']));
  const dead = linesOf(run, 'dead-letters').map(({ of }) => of);
  expect(dead).toEqual(expect.arrayContaining(['manage-ssm-agent', 'upgrade-node-groups', 'watch-support-dates']));
  purgeDeadLetters(run);
  await run.account.play(5 * HOUR);
  expect(standing(run)).toEqual([]);
  note(run);
});

it('when Lambda has no room for a function', async () => {
  const run = await start({ inProcess: true, fleet: fleet(group()), play: '65m' });
  const limit = (reservedConcurrency: number | undefined, those: (name: string) => boolean) => {
    const named = run.account.lambda.functions.filter(({ label }) => those(label));
    for (const definition of named) Object.assign(definition, { reservedConcurrency });
  };
  limit(0, () => true);
  await useWidget(run);
  for (const event of ONE_EACH) run.account.putEvent(event);
  for (const { name } of DAILY) await run.account.invoke(name, {});
  await run.account.play(25 * MINUTE);
  // A few throttles notify nobody.
  expect(standing(run)).toEqual([]);
  await run.account.play(15 * MINUTE);
  // What is urgent waits for no sweep.
  expect(standing(run)).toEqual(['unhealthy', 'waiting-requests-quarantine-workers']);
  // A sweep that has room tells of whoever has none.
  limit(undefined, (name) => name === 'sweep-fleet');
  for (const _period of [1, 2, 3, 4, 5]) {
    // The schedule of these would come a day later, and Lambda would try again as often.
    for (const { name } of DAILY) await run.account.invoke(name, {});
    await run.account.play(5 * MINUTE);
  }
  await run.account.play(HOUR);
  expect(standing(run)).toEqual(expect.arrayContaining(['unhealthy', 'waiting-requests']));
  const [waiting, throttled] = [
    linesOf(run, 'waiting-requests').filter(({ seconds = 0 }) => seconds >= 1_800),
    linesOf(run, 'waiting-requests').filter(({ throttles = 0 }) => throttles >= 3),
  ];
  expect(waiting.map(({ of }) => of)).toContain('upgrade-node-groups');
  expect(new Set(throttled.map(({ of }) => of))).toEqual(
    new Set(['watch-ami-releases', 'watch-support-dates', 'watch-hosts']),
  );
  // Nobody finds room for three sweeps.
  limit(0, () => true);
  await run.account.play(4 * HOUR);
  expect(standing(run)).toContain('stale-sweep');
  limit(undefined, () => true);
  await run.account.play(3 * HOUR);
  purgeDeadLetters(run);
  await run.account.play(3 * HOUR);
  expect(standing(run)).toEqual([]);
  note(run);
});

it('when somebody took away the policies by which events are delivered', async () => {
  const synthesized = readSynthesizedStack(inject('template'));
  const resources = Object.entries(synthesized.template.Resources).filter(([id, { Type }]) => {
    const ofWorkQueue = Type === 'AWS::SQS::QueuePolicy' && !/DeadLetters|Undelivered/.test(id);
    return !ofWorkQueue && Type !== 'AWS::Lambda::Permission';
  });
  const template = { ...synthesized.template, Resources: Object.fromEntries(resources) };
  const run = await startRun({
    fleet: parseFleet(JSON.stringify(fleet(group())), 'fleet'),
    synthesized: { ...synthesized, template },
    events: ONE_EACH.map((event) => ({ after: MINUTE, event })),
  });
  await run.account.play(63 * MINUTE);
  expect(standing(run)).toEqual(['undelivered', 'unhealthy']);
  // Each message names its target: one for each function with events, and the sweep. Those of the day come later.
  const [queue] = run.account.sqs.queues.filter(({ name }) => name.includes('Undelivered'));
  const received = Array.from({ length: 20 }, () => queue!.receive(10)).flat();
  const targets = new Set(received.map(({ attributes }) => attributes.TARGET_ARN?.StringValue ?? ''));
  const started = REMEDIATIONS.filter(({ start: { by } }) => by === 'queue' || by === 'schedule');
  expect(targets.size).toBe(started.length - DAILY.length);
  purgeDeadLetters(run);
  await run.account.play(30 * MINUTE);
  expect(standing(run)).toEqual([]);
  note(run);
});

it('when somebody disabled the event source mappings, so that nobody takes requests out of the queues', async () => {
  const synthesized = readSynthesizedStack(inject('template'));
  const resources = Object.entries(synthesized.template.Resources).filter(
    ([, { Type }]) => Type !== 'AWS::Lambda::EventSourceMapping',
  );
  const template = { ...synthesized.template, Resources: Object.fromEntries(resources) };
  const run = await startRun({
    fleet: parseFleet(JSON.stringify(fleet(group())), 'fleet'),
    synthesized: { ...synthesized, template },
    events: ONE_EACH.map((event) => ({ after: MINUTE, event })),
  });
  await run.account.play(25 * MINUTE);
  expect(standing(run)).toEqual([]);
  await run.account.play(15 * MINUTE);
  expect(standing(run)).toEqual(['unhealthy', 'waiting-requests-quarantine-workers']);
  await run.account.play(25 * MINUTE);
  expect(standing(run)).toEqual(['unhealthy', 'waiting-requests', 'waiting-requests-quarantine-workers']);
  expect(linesOf(run, 'waiting-requests').map(({ of }) => of)).toEqual(QUEUED);
  for (const queue of run.account.sqs.queues) queue.purge();
  await run.account.play(65 * MINUTE);
  // The sweep has found them empty, and filled them again.
  for (const queue of run.account.sqs.queues) queue.purge();
  await run.account.play(40 * MINUTE);
  expect(standing(run)).toEqual([]);
  note(run);
});

describe('the policy', () => {
  it('when it is invalid, until all that reconcile find it valid', async () => {
    const run = await start({ inProcess: true, fleet: fleet(group()), policy: '{', play: '62m' });
    expect(standing(run)).toEqual(['policy-invalid', 'unhealthy']);
    // Each sweep finds the failure again.
    await run.account.play(5 * HOUR);
    expect(standing(run)).toEqual(['policy-invalid', 'unhealthy']);
    expect(historyOf(run, 'policy-invalid')).toEqual(['INSUFFICIENT_DATA', 'OK', 'ALARM']);
    run.account.fleet.parameters.put({ Name: '/eks-host-remediator/policy', Value: '{}', Overwrite: true });
    await run.account.play(3 * HOUR);
    expect(standing(run)).toEqual([]);
    note(run);
  });
});

describe('an upgrade', () => {
  it('when it fails, and when it is halted for good: until a newer release is taken', async () => {
    const failing = group({ updates: { minutesPerNode: 4, fails: [{ errorCode: 'PodEvictionFailure', times: 1 }] } });
    const run = await start({
      inProcess: true,
      fleet: fleet(failing, [release(NEW, '+30m'), release(NEWER, '+5h')]),
      policy: { upgrades: { bakeAge: '10m', stopAfterFailures: 1 } },
      play: '2h',
    });
    expect(standing(run)).toEqual(['breaker-tripped']);
    await run.account.play(2 * HOUR);
    expect(standing(run)).toEqual(['breaker-tripped']);
    await run.account.play(4 * HOUR);
    expect(standing(run)).toEqual([]);
    // It stood all the while: each sweep publishes the state again.
    expect(historyOf(run, 'breaker-tripped')).toEqual(['INSUFFICIENT_DATA', 'OK', 'ALARM', 'OK']);
    note(run);
  });

  it('when it takes longer than six hours, until it ends', async () => {
    const slow = group({ desiredSize: 1, updates: { minutesPerNode: 7 * 60 } });
    const policy = { upgrades: { bakeAge: '10m' } };
    const run = await start({ inProcess: true, fleet: fleet(slow, [release(NEW, '+30m')]), policy, play: '7h' });
    expect(standing(run)).toEqual([]);
    await run.account.play(HOUR);
    expect(standing(run)).toEqual(['upgrade-stuck']);
    await run.account.play(2 * HOUR);
    expect(standing(run)).toEqual([]);
    note(run);
  });
});

it('when a worker does not answer in Systems Manager', async () => {
  const run = await start({ inProcess: true, fleet: fleet(group({ ssm: { imds: 'disabled' } })), play: '63m' });
  expect(standing(run)).toEqual(['remediation-failed']);
  await run.account.play(HOUR);
  expect(standing(run)).toEqual([]);
  note(run);
});

it('when AWS refuses to have the metadata service of a worker changed', async () => {
  const policy = { imds: { mode: 'enforce' }, ssmAgent: { mode: 'off' } };
  const run = await start({ inProcess: true, fleet: fleet(group({ ssm: { imdsTokens: 'optional' } })), policy });
  const { account } = run;
  await account.play(90 * MINUTE);
  expect(standing(run)).toEqual([]);
  // From now on the account lets no instance take version 1 again, which an undo gives back.
  account.fleet.metadataDefaults.httpTokensEnforced = true;
  const [{ id: instanceId } = { id: '' }] = account.fleet.instances.list();
  const remediation = REMEDIATIONS.find(({ reasons }) => Object.hasOwn(reasons, 'imdsv2-refused'))?.name;
  const detail = { remediation, action: 'reject', instanceId, why: 'a test', requestedBy: 'a test' };
  account.putEvent({ ...remediationRequest, id: 'undo', time: new Date(account.time.now).toISOString(), detail });
  await account.play(5 * MINUTE);
  expect(standing(run)).toEqual(['remediation-failed']);
  await run.account.play(HOUR);
  expect(standing(run)).toEqual([]);
  note(run);
});

it('when the key of a worker could not be put aside', async () => {
  const host = al2023({
    files: [
      file('/etc/passwd', '0644', 'odd name:x:1000:1000::/home/odd name:/bin/bash\n'),
      file('/home/odd name/.ssh/authorized_keys', '0600', 'ssh-ed25519 AAAA somebody\n'),
      file('/proc/77/comm', '0444', 'sshd\n'),
    ],
  });
  const policy = { shells: { hosts: 'enforce' }, posture: { mode: 'off' } };
  const run = await start({
    inProcess: true,
    fleet: fleet(group({ desiredSize: 1, ssm: { commands: { host } } })),
    policy,
    play: '10m',
  });
  run.account.putEvent(shellsReconcileRequest.sample);
  await run.account.play(10 * MINUTE);
  expect(standing(run)).toEqual(['remediation-failed']);
  await run.account.play(HOUR);
  expect(standing(run)).toEqual([]);
  note(run);
});

it('when a disruption budget holds a node that Auto Scaling ends, until the deadline', async () => {
  const workloads = [{ name: 'cart', replicas: 6, disruptionBudget: { maxUnavailable: 0 } }];
  const run = await start({
    inProcess: true,
    fleet: drains.drainFleet({ workloads }),
    policy: drains.drainPolicy({ within: '30m' }),
  });
  await run.account.play(70 * MINUTE);
  drains.terminateOne(run);
  const isTold = () => run.records.some(({ reason }) => reason === 'node-retained');
  for (let waited = 0; waited < 12 && !isTold(); waited += 1) await run.account.play(5 * MINUTE);
  await run.account.play(5 * MINUTE);
  expect(standing(run)).toEqual(['remediation-failed']);
  await run.account.play(HOUR);
  expect(standing(run)).toEqual([]);
  note(run);
});

it('when an instance refresh leaves workers behind', async () => {
  const kept = groups.group('kept', { protectsInstances: true });
  const run = await start({
    inProcess: true,
    fleet: groups.fleet(groups.cluster('own', [kept])),
    policy: groups.policy(),
  });
  const isTold = () => run.records.some(({ reason }) => reason === 'refresh-incomplete');
  for (let waited = 0; waited < 24 && !isTold(); waited += 1) await run.account.play(5 * MINUTE);
  await run.account.play(5 * MINUTE);
  expect(standing(run)).toEqual(['breaker-tripped', 'remediation-failed']);
  // The failure itself is over; that nothing is tried again until somebody acts lasts.
  await run.account.play(2 * HOUR);
  expect(standing(run)).toEqual(['breaker-tripped']);
  note(run);
});

it('when a quarantine is about to end, has ended, and cannot be given back', async () => {
  const run = await quarantineOfEveryDecision();
  expect(run.records.map(({ reason }) => reason)).toContain('released-in-part');
  // The worker that waited has its slot by now, and its quarantine ends in its turn.
  for (let left = inQuarantine(run); left.length > 0; left = inQuarantine(run)) {
    for (const { id } of left) ask(run, 'release', id);
    await run.account.play(HOUR);
  }
  await run.account.play(2 * HOUR);
  expect(standing(run)).toEqual([]);
  note(run);
});

it('when nobody can be told: Security Hub is off, or Lambda has no room', async () => {
  const untold = {
    ...fleet(group({ ssm: { imds: 'disabled' } })),
    securityHub: false,
  };
  const policy = { notifications: { securityHub: 'enforce' } };
  const run = await start({ inProcess: true, fleet: untold, policy, play: '4h' });
  expect(standing(run)).toEqual(expect.arrayContaining(['dead-letters', 'unhealthy']));
  expect(linesOf(run, 'dead-letters').map(({ of }) => of)).toContain('notify-stories');
  const notify = run.account.lambda.functions.filter(({ label }) => label === 'notify-stories');
  for (const definition of notify) Object.assign(definition, { reservedConcurrency: 0 });
  run.account.putEvent({ ...amiRelease, id: 'malformed', detail: {} });
  await run.account.play(65 * MINUTE);
  expect(standing(run)).toContain('waiting-requests');
  expect(linesOf(run, 'waiting-requests')).toEqual([expect.objectContaining({ of: 'notify-stories' })]);
  for (const definition of notify) Object.assign(definition, { reservedConcurrency: undefined });
  await run.account.play(8 * HOUR);
  purgeDeadLetters(run);
  await run.account.play(2 * HOUR);
  note(run);
});

it('every alarm of the stack was seen to fire and to end, each told to the topic', () => {
  expect(all.size).toBeGreaterThan(12);
  expect([...all].filter((alarm) => !proven.has(alarm))).toEqual([]);
});
