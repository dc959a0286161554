import { withNewcomers } from './capture.ts';
import { type Decision, iso, say } from './decision.ts';
import type { Quarantine } from './quarantine-ledger.ts';
import { isolationFaults } from './remaining.ts';
import { stripAddresses } from './steps/addresses.ts';
import { protectFromTermination, takeSnapshots } from './steps/evidence.ts';
import { cordonNode, evictPods } from './steps/node.ts';
import { closeSecurityGroups } from './steps/security-groups.ts';
import { enterStandby } from './steps/standby.ts';
import type { StepReport, StepSubject } from './steps/step.ts';
import { tagWorker } from './steps/tags.ts';
import { leaveTargetGroups } from './steps/targets.ts';
import { viewAgain } from './view-workers.ts';

/** How soon what is not through yet is reconciled again, ms. */
const RECONCILE_AGAIN = 15_000;
/** How soon what was refused is tried again, ms. */
const TRY_AGAIN = 5 * 60_000;
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
  for (let round = 0; round < ROUNDS; round += 1) {
    const complete = withNewcomers(quarantine, view);
    if (complete !== quarantine) await current().save({ saved: complete.saved });
    network = [...(isolates ? [await closeSecurityGroups(current())] : []), ...(await stripAddresses(current()))];
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
  if (isolates) {
    for (const step of [enterStandby, leaveTargetGroups, protectFromTermination, takeSnapshots]) {
      reports.push(await step(current()));
    }
    const drained = reports.some(({ step }) => step === 'node');
    if (!drained && subject.policy.drain.cordon) reports.push(await cordonNode(current()));
  }
  return conclude(quarantine, reports, faults, subject.now);
}

/** Pods that would not leave in time are waited for no longer. */
const outOfTime = (report: StepReport): StepReport =>
  report.outcome === 'pending' ? { ...report, outcome: 'skipped', note: `Out of time: ${report.note}` } : report;

async function drain(subject: StepSubject): Promise<StepReport[]> {
  const node = await cordonNode(subject);
  return node.outcome === 'done' ? [node, await evictPods(subject)] : [node];
}

/** What came of it. */
function conclude(
  quarantine: Quarantine,
  reports: readonly StepReport[],
  faults: readonly string[],
  now: number,
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
  const [reason, what] =
    quarantine.kind === 'strip'
      ? (['stripped', 'Its public addresses are off'] as const)
      : (['quarantined', 'It is isolated'] as const);
  const message = `${what}: a fresh read found no exposure.${why === '' ? '' : ` Not done: ${why}.`}`;
  return { ...say('done', reason, message, since), ...told, quarantine: { ...quarantine, phase: 'isolated' } };
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
