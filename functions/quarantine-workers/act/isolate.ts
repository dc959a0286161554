import { iso } from '../../shared/runtime/clock.ts';
import { asSentence } from '../../shared/text/as-sentence.ts';
import { isFought } from '../decide/reinforce.ts';
import { type Decision, say } from '../model/decision.ts';
import type { WorkerView } from '../model/observation.ts';
import { pauseAfter, RECONCILE_AGAIN, TRY_AGAIN } from '../model/pause.ts';
import type { Quarantine } from '../model/quarantine-ledger.ts';
import { isolationFaults } from '../model/remaining.ts';
import { viewAgain } from '../observe/view-workers.ts';
import { stripAddresses } from '../steps/addresses.ts';
import { protectFromTermination, takeSnapshots } from '../steps/evidence.ts';
import { cordonNode, evictPods, NOT_JOINED } from '../steps/node.ts';
import { closeSecurityGroups } from '../steps/security-groups.ts';
import { takeOutOfService } from '../steps/standby.ts';
import { attempt, type StepReport, type StepSubject } from '../steps/step.ts';
import { tagWorker } from '../steps/tags.ts';
import { leaveTargetGroups } from '../steps/targets.ts';
import { withNewcomers, withPlaces } from './capture.ts';
import { karpenterEnds } from './karpenter.ts';

/** How long AWS may be troubled with a step before that is told, ms. */
const TROUBLED_FOR = 10 * 60_000;
/** How long AWS may take to assign an automatic address after an Elastic IP was removed, ms. */
const AUTOMATIC_WITHIN = 25_000;
/**
 * How many times the worker is read again in one reconcile, because AWS may assign an automatic address after an
 * Elastic IP was removed.
 */
const ROUNDS = 3;

/**
 * Continues a quarantine as far as possible now. Each step reads what is left and does only that, so that the isolation
 * can be repeated from any point. The network comes first, because the exposure matters most, unless the policy evicts
 * pods before. Only what a fresh read confirms counts as done.
 */
export async function isolate(subject: StepSubject): Promise<Decision | (() => Promise<Decision>)> {
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
    // No exposed worker stays open for a cluster that cannot cordon its node just now: that is tried again once it is closed.
    if (drained.some(({ step, outcome }) => step === 'evict' && outcome === 'pending')) {
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
  let hadElastic = false;
  for (let round = 0; round < ROUNDS; round += 1) {
    const complete = withNewcomers(quarantine, view);
    if (complete !== quarantine) await current().save({ saved: complete.saved });
    const closed = isolates ? await closeSecurityGroups(current()) : undefined;
    hadElastic ||= onlyInterfaceOf(view)?.addresses.some(({ kind }) => kind === 'elastic') === true;
    network = [...(closed === undefined ? [] : [closed]), ...(await stripAddresses(current()))];
    const fresh = await viewAgain(subject.clients.ec2, subject.instanceId, quarantine);
    if (fresh === undefined) {
      // Without a read nobody can rule out an exposure. The next reconcile shows the worker, or that it is gone.
      faults = ['EC2 does not show it'];
      break;
    }
    view = fresh;
    faults = isolationFaults(quarantine, view);
    if (faults.length === 0) break;
  }
  const isOfGroup = (outcome: StepReport['outcome']) =>
    outcome === 'done' || (outcome === 'skipped' && quarantine.saved.autoScalingGroup !== undefined);
  return async () => {
    reports.push(...network, await tagWorker(current()));
    if (isolates) {
      let member: Awaited<ReturnType<typeof withPlaces>>['member'];
      const places = await attempt('places', async () => {
        const read = await withPlaces(current());
        member = read.member;
        await current().save({ saved: read.saved });
        return read.refused === undefined ? { outcome: 'done' } : { outcome: 'failed', note: read.refused };
      });
      const leaveGroup = (now: StepSubject) => takeOutOfService(now, member);
      if (places.outcome !== 'done') reports.push(places);
      // Flows through a load balancer stay tracked whatever the security groups are, so the target groups come first.
      for (const step of [leaveTargetGroups, leaveGroup, protectFromTermination, takeSnapshots]) {
        reports.push(await step(current()));
      }
      const drained = reports.some(({ step }) => step === 'node');
      if (!drained && subject.policy.drain.cordon) reports.push(await cordonNode(current()));
    }
    // Who stays in the group, or is not replaced in it.
    const unreplaced = reports.flatMap(({ step, outcome, note }) =>
      (step === 'standby' || step === 'detach') && isOfGroup(outcome) && note !== undefined ? [note] : [],
    );
    const survivors = isolates ? [...undoneInCluster(reports), ...survivorsOf(current(), reports), ...unreplaced] : [];
    return conclude(subject, quarantine, { reports, faults, survivors, mayReturn: hadElastic });
  };
}

/**
 * AWS assigns an automatic address only to instances with a single interface. Source: EC2 user guide, "Public IPv4
 * addresses".
 */
const onlyInterfaceOf = ({ interfaces }: WorkerView) =>
  interfaces.filter(({ branch }) => branch !== true).length === 1 ? interfaces[0] : undefined;

/**
 * What the isolation does not end, and who may still terminate the worker. The record names it, because nothing here
 * can prevent it.
 */
const survivorsOf = (
  { view, quarantine: { saved }, owner, policy: { terminationProtection } }: StepSubject,
  reports: readonly StepReport[],
): string[] => [
  ...(view.spot === true && terminationProtection ? ['EC2 protects no Spot instance from termination.'] : []),
  ...(view.capacityBlock === true
    ? [
        'It runs in a Capacity Block: EC2 terminates it half an hour before that ends, and another one replaces it only where the block has room.',
      ]
    : []),
  ...(view.ownership === 'karpenter' ? [karpenterEnds(view, reports)] : []),
  ...(saved.detached === true
    ? ['It was taken out of its Auto Scaling group for good: a release cannot bring it back there.']
    : owner?.repairsNodes === true
      ? [
          'EKS node repair may replace it once it has not been ready for half an hour: quarantine.outOfService: detach takes it out of the group before.',
        ]
      : []),
  // Flows through target groups are tracked whatever the rules. Source: EC2 user guide, "Connection tracking".
  ...(saved.targets.length > 0 ? ['Connections through its target groups live on until these have drained.'] : []),
  'Connections through a NAT gateway, PrivateLink, Global Accelerator or Transit Gateway live on until they end by themselves.',
];

/**
 * Says that the node takes new pods until its kubelet is missed, or that pods stay on it which the policy has evicted, and
 * why. A host that has not joined takes none, and has none.
 */
const undoneInCluster = (reports: readonly StepReport[]): string[] =>
  reports.flatMap(({ step, outcome, note = '' }) => {
    if (outcome !== 'skipped' || note === NOT_JOINED) return [];
    if (step === 'node') return [`Its node is not cordoned: ${note}`];
    return step === 'evict' ? [`Its pods were not evicted. ${asSentence(note)}`] : [];
  });

/** Stops waiting for pods that do not leave in time. */
const outOfTime = (report: StepReport): StepReport =>
  report.step === 'evict' && report.outcome === 'pending'
    ? { ...report, outcome: 'skipped', note: `Out of time: ${report.note}` }
    : report;

async function drain(subject: StepSubject): Promise<StepReport[]> {
  const node = await cordonNode(subject);
  return node.outcome === 'done' ? [node, await evictPods(subject)] : [node];
}

interface Result {
  readonly reports: readonly StepReport[];
  readonly faults: readonly string[];
  /** Further information for the record, in sentences. */
  readonly survivors: readonly string[];
  /** Whether AWS may assign an automatic address in place of a removed Elastic IP. */
  readonly mayReturn: boolean;
}

/** The decision that results from the steps. */
function conclude(
  { now }: StepSubject,
  quarantine: Quarantine,
  { reports, faults, survivors, mayReturn }: Result,
): Decision {
  const told = notifiedOf(reports, quarantine);
  const isTroubled = reports.some((each) => each.isTroubled === true);
  const isLate = isTroubled && now >= quarantine.startedAt + TROUBLED_FOR;
  const isUndone = (each: StepReport) =>
    each.outcome === 'failed' || (each.isTroubled === true && isLate && faults.length > 0);
  const failed = reports.filter(isUndone);
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
      ...say('waiting', 'quarantine-in-progress', message, isLate ? `${since} late` : since),
      ...told,
      quarantine,
      lookAt: now + (isTroubled ? pauseAfter(now - quarantine.startedAt) : RECONCILE_AGAIN),
    };
  }
  // A reconcile meanwhile, such as for another address that was closed, does not shorten that.
  const automaticUntil = mayReturn ? now + AUTOMATIC_WITHIN : (quarantine.automaticUntil ?? 0);
  if (automaticUntil > now) {
    const message = 'AWS may give it an automatic address for its Elastic IP: a further read tells.';
    const decision = say('waiting', 'quarantine-in-progress', message, since);
    return { ...decision, quiet: true, quarantine: { ...quarantine, automaticUntil }, lookAt: automaticUntil };
  }
  const [reason, what] =
    quarantine.kind === 'strip'
      ? (['stripped', 'Its public addresses are off'] as const)
      : (['quarantined', 'It is isolated'] as const);
  const notDone = why === '' ? [] : [`Not done: ${why}.`];
  const notes = { ...quarantine.notes, ...Object.fromEntries(failed.map(({ step, note = '' }) => [step, note])) };
  const message = [`${what}: a fresh read found no exposure.`, ...notDone, ...survivors].join(' ');
  return {
    ...say('done', reason, message, since),
    ...told,
    quarantine: { ...quarantine, phase: 'isolated', isolatedAt: now, notes },
    // One record tells that somebody undoes the quarantine. Closing it again each time is no news.
    ...(isFought(quarantine) && { quiet: true }),
  };
}

/** The steps as records show them: `done`, or `skipped: why`. */
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
