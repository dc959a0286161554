import { withNewcomers } from './capture.ts';
import { isFought } from './decide-quarantined.ts';
import { type Decision, iso, say } from './decision.ts';
import type { WorkerView } from './observation.ts';
import type { Quarantine } from './quarantine-ledger.ts';
import { isolationFaults } from './remaining.ts';
import { stripAddresses } from './steps/addresses.ts';
import { protectFromTermination, takeSnapshots } from './steps/evidence.ts';
import { cordonNode, evictPods } from './steps/node.ts';
import { closeSecurityGroups } from './steps/security-groups.ts';
import { takeOutOfService } from './steps/standby.ts';
import type { StepReport, StepSubject } from './steps/step.ts';
import { tagWorker } from './steps/tags.ts';
import { leaveTargetGroups } from './steps/targets.ts';
import { viewAgain } from './view-workers.ts';

/** How soon what is not through yet is reconciled again, ms. */
const RECONCILE_AGAIN = 15_000;
/** How soon what was refused is tried again, ms. */
const TRY_AGAIN = 5 * 60_000;
/** Within what time AWS gives an automatic address for an Elastic IP that is taken off, ms. */
const AUTOMATIC_WITHIN = 25_000;
/** AWS may give an automatic address for an Elastic IP that is taken off: so many times is it looked again at once. */
const ROUNDS = 3;

/**
 * Goes on with a quarantine as far as it gets now: each step looks what is left of it and does that, so that it can be
 * repeated from anywhere. The network comes first, unless the pods are to be evicted before; the exposure is what counts.
 * Only what a fresh read confirms is done.
 */
export async function isolate(subject: StepSubject): Promise<Decision> {
  let { quarantine, view } = subject;
  const reports: StepReport[] = [];
  const current = (): StepSubject => ({
    ...subject,
    quarantine,
    view,
    save: async (change) => {
      quarantine = await subject.save(change);
      return quarantine;
    },
  });

  const isolates = quarantine.kind === 'isolate';
  if (isolates && subject.policy.drain.evict) {
    const isDue = subject.now >= quarantine.startedAt + subject.policy.drain.within;
    const drained = (await drain(current())).map((report) => (isDue ? outOfTime(report) : report));
    reports.push(...drained);
    if (drained.some(({ outcome }) => outcome === 'pending')) {
      return {
        ...say('waiting', 'draining', 'Its pods are being evicted before it is isolated.', iso(quarantine.startedAt)),
        ...notifiedOf(reports, quarantine),
        quarantine,
        lookAt: subject.now + RECONCILE_AGAIN,
      };
    }
  }
  let faults: string[] = [];
  let network: StepReport[] = [];
  let targets: StepReport | undefined;
  let hadElastic = false;
  for (let round = 0; round < ROUNDS; round += 1) {
    const complete = withNewcomers(quarantine, view);
    if (complete !== quarantine) await current().save({ saved: complete.saved });
    const [closed, left] = await Promise.all([
      isolates ? closeSecurityGroups(current()) : undefined,
      // Beside the interfaces: flows through a load balancer stay tracked, so that only this ends them.
      isolates && targets === undefined ? leaveTargetGroups(current()) : targets,
    ]);
    targets = left;
    hadElastic ||= onlyInterfaceOf(view)?.addresses.some(({ kind }) => kind === 'elastic') === true;
    network = [...(closed === undefined ? [] : [closed]), ...(await stripAddresses(current()))];
    const fresh = await viewAgain(subject.clients.ec2, subject.instanceId, quarantine);
    if (fresh === undefined) {
      // Nobody can say that there is no exposure: the next reconcile tells, or that the worker is gone.
      faults = ['EC2 does not show it'];
      break;
    }
    view = fresh;
    faults = isolationFaults(quarantine, view);
    if (faults.length === 0) break;
  }
  reports.push(...network, await tagWorker(current()));
  if (targets !== undefined) reports.push(targets);
  if (isolates) {
    for (const step of [takeOutOfService, protectFromTermination, takeSnapshots]) {
      reports.push(await step(current()));
    }
    const drained = reports.some(({ step }) => step === 'node');
    if (!drained && subject.policy.drain.cordon) reports.push(await cordonNode(current()));
  }
  const unreplaced = reports.flatMap(({ step, outcome, note }) =>
    (step === 'standby' || step === 'detach') && outcome === 'done' && note !== undefined ? [note] : [],
  );
  const survivors = isolates ? [...survivorsOf(view, quarantine, subject), ...unreplaced] : [];
  return conclude(subject, quarantine, { reports, faults, survivors, mayReturn: hadElastic });
}

/** AWS gives an automatic address to instances with one interface alone. Source: EC2 user guide, "Public IPv4 addresses". */
const onlyInterfaceOf = ({ interfaces }: WorkerView) =>
  interfaces.filter(({ branch }) => branch !== true).length === 1 ? interfaces[0] : undefined;

/** What the isolation does not end, and who may still end the worker: it is told, since nothing here can do it. */
const survivorsOf = (
  { ownership, spot }: WorkerView,
  { saved }: Quarantine,
  { owner, policy: { terminationProtection } }: StepSubject,
): string[] => [
  ...(spot === true && terminationProtection ? ['EC2 protects no Spot instance from termination.'] : []),
  ...(ownership === 'karpenter'
    ? ['Karpenter may still terminate it: its mark do-not-disrupt holds off consolidation and drift, not every repair.']
    : []),
  ...(saved.detached === true
    ? ['It was taken out of its Auto Scaling group for good: a release cannot bring it back there.']
    : owner?.repairsNodes === true
      ? [
          'EKS node repair may replace it once it has not been ready for half an hour: quarantine.outOfService: detach takes it out of the group before.',
        ]
      : []),
  // Source: EC2 user guide, "Connection tracking": flows through them are tracked whatever the rules.
  ...(saved.targets.length > 0 ? ['Connections through its target groups live on until these have drained.'] : []),
  'Connections through a NAT gateway, PrivateLink, Global Accelerator or Transit Gateway live on until they end by themselves.',
];

/** Pods that would not leave in time are waited for no longer. */
const outOfTime = (report: StepReport): StepReport =>
  report.outcome === 'pending' ? { ...report, outcome: 'skipped', note: `Out of time: ${report.note}` } : report;

async function drain(subject: StepSubject): Promise<StepReport[]> {
  const node = await cordonNode(subject);
  return node.outcome === 'done' ? [node, await evictPods(subject)] : [node];
}

interface Result {
  readonly reports: readonly StepReport[];
  readonly faults: readonly string[];
  /** What is to be told besides, in sentences. */
  readonly survivors: readonly string[];
  /** Whether AWS may give it an automatic address for the Elastic IP that was taken off. */
  readonly mayReturn: boolean;
}

/** What came of it. */
function conclude(
  { now }: StepSubject,
  quarantine: Quarantine,
  { reports, faults, survivors, mayReturn }: Result,
): Decision {
  const told = notifiedOf(reports, quarantine);
  const failed = reports.filter(({ outcome }) => outcome === 'failed');
  const since = iso(quarantine.startedAt);
  const why = failed.map(({ step, note }) => `${step}: ${note}`).join('; ');
  if (faults.length > 0 && failed.length > 0) {
    const message = `There is still an exposure: ${faults.join('; ')}. ${why}`;
    return { ...say('failed', 'quarantine-incomplete', message, why), ...told, quarantine, lookAt: now + TRY_AGAIN };
  }
  const pending = reports.filter(({ outcome }) => outcome === 'pending' && faults.length === 0);
  if (faults.length > 0 || pending.length > 0) {
    const left = [...faults, ...pending.map(({ step, note }) => `${step} (${note})`)];
    const message = `${faults.length > 0 ? 'There is still an exposure' : 'No exposure is left; waiting for'}: ${left.join('; ')}.`;
    return {
      ...say('waiting', 'quarantine-in-progress', message, since),
      ...told,
      quarantine,
      lookAt: now + RECONCILE_AGAIN,
    };
  }
  if (mayReturn) {
    const message = 'AWS may give it an automatic address for its Elastic IP: a further read tells.';
    const decision = say('waiting', 'quarantine-in-progress', message, since);
    return { ...decision, quiet: true, quarantine, lookAt: now + AUTOMATIC_WITHIN };
  }
  const [reason, what] =
    quarantine.kind === 'strip'
      ? (['stripped', 'Its public addresses are off'] as const)
      : (['quarantined', 'It is isolated'] as const);
  const notDone = why === '' ? [] : [`Not done: ${why}.`];
  const message = [`${what}: a fresh read found no exposure.`, ...notDone, ...survivors].join(' ');
  return {
    ...say('done', reason, message, since),
    ...told,
    quarantine: { ...quarantine, phase: 'isolated', isolatedAt: now },
    // That somebody undoes it was told: that it is closed each time is no news.
    ...(isFought(quarantine) && { quiet: true }),
  };
}

/** The steps as records tell them: `done`, or `skipped: why`. */
const notifiedOf = (reports: readonly StepReport[], { notes }: Quarantine): Pick<Decision, 'details'> => ({
  details: {
    steps: {
      ...Object.fromEntries(Object.entries(notes).map(([step, note]) => [step, `skipped: ${note}`])),
      ...Object.fromEntries(
        reports.map(({ step, outcome, note }) => [step, note === undefined ? outcome : `${outcome}: ${note}`]),
      ),
    },
  },
});
