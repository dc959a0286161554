import { sample } from '../../../events/remediation-request.ts';
import type { OperatorRequest } from '../../shared/intake/operator-request.ts';
import { subjectOf } from '../../shared/ledger/node-group-key.ts';
import { approvalEnds } from '../../shared/ledger/proposal.ts';
import { failuresOf } from '../../shared/rollouts/all-groups.ts';
import { NO_FAILURES } from '../../shared/rollouts/breaker.ts';
import { rolloutsIn } from '../../shared/rollouts/waves.ts';
import type { Circumstances, Decision } from '../model/decision.ts';
import { HOUR, lineOf, observation } from '../model/observation.fixture.ts';
import type { Observation } from '../model/observation.ts';
import { joined, NOTHING_SEEN, type Preflight } from '../model/preflight.ts';
import { callNext, contendersOf } from '../moment/waitlist.ts';
import { nextState } from '../plan/next-state.ts';
import { observeWorkloads } from '../plan/observe-workloads.ts';
import { type Decided, failuresAfter, type Plan, withForeign, withSlot } from '../plan/plan.ts';
import { planAtGates } from '../plan/plan-at-gates.ts';
import { asksFor, type Look, planLooking } from '../plan/plan-looking.ts';
import type { Policy } from '../policy.ts';
import { type AnyFleet, QUIET_FROM } from './any-fleet.fixture.ts';
import { EksModel, type ModelGroup } from './eks-model.fixture.ts';
import { policyFor } from './fleet-policy.fixture.ts';

const STEP = HOUR / 2;
/** An upgrade that has begun, or something else that laws go by. */
export interface Event {
  readonly kind: 'start' | 'failure' | 'success' | 'approve' | 'resume';
  readonly at: number;
  readonly group: ModelGroup;
  readonly version: string;
  readonly releaseVersion: string;
  /** What the group ran before; only events of kind `start` have it. */
  readonly from?: { readonly version: string; readonly releaseVersion: string };
}

/** Runs any fleet through the real decisions, in small batches like those of the queue, with operators who answer. */
export class FleetPlay {
  readonly model: EksModel;
  readonly events: Event[] = [];
  readonly #policies: { readonly on: Policy; readonly off: Policy };
  readonly #onStart: (play: FleetPlay, start: Event) => void;
  #slots: Circumstances['slots'] = {};
  #requests = 0;
  /** The last answer that refused a request. */
  #answered = '';

  /** @param onStart called after each start, while the model is still what the decision saw */
  constructor(fleet: AnyFleet, onStart: (play: FleetPlay, start: Event) => void) {
    this.model = new EksModel(fleet);
    this.#policies = { on: policyFor(fleet, true), off: policyFor(fleet, false) };
    this.#onStart = onStart;
  }

  /** @param isOver whether nothing more is to come; asked once everything that happens by itself has happened */
  async play(days: number, isOver: () => boolean): Promise<void> {
    const { model } = this;
    for (const end = model.start + days * 24 * HOUR; model.now < end; model.now += STEP) {
      const hour = (model.now - model.start) / HOUR;
      this.#advance();
      const isSweep = Number.isInteger(hour);
      const due = model.groups.filter(
        ({ key, state, update }) =>
          isSweep ||
          update !== undefined ||
          (state.wakeAt ?? Number.POSITIVE_INFINITY) <= model.now ||
          (this.#slots[subjectOf(key)]?.expiresAt ?? Number.POSITIVE_INFINITY) <= model.now,
      );
      // Batches have three groups, in an order unrelated to how long each waits.
      for (let first = 0; first < due.length; first += 3) await this.#reconcile(due.slice(first, first + 3));
      if (isSweep) for (const group of model.groups) await this.#answer(group, hour);
      if (isSweep && hour > QUIET_FROM && isOver()) return;
    }
  }

  #advance(): void {
    const running = this.model.groups.filter(this.model.isUpdating);
    this.model.advance();
    for (const group of running) {
      const { result, version, releaseVersion } = group.update ?? {};
      if (result === undefined || version === undefined || releaseVersion === undefined) continue;
      this.#note(result === 'failed' ? 'failure' : 'success', group, version, releaseVersion);
    }
  }

  #note(kind: Event['kind'], group: ModelGroup, version: string, releaseVersion: string): void {
    this.events.push({ kind, at: this.model.now, group, version, releaseVersion });
  }

  /** Operators approve what is proposed, and resume what has failed. */
  async #answer(group: ModelGroup, hour: number): Promise<void> {
    const { approvesAfter, resumesAfter, policy } = this.model.fleet;
    const { reason = '', proposal } = group.state;
    const ask = async (action: 'approve' | 'resume') => {
      this.#requests += 1;
      this.#answered = '';
      const id = `r-${this.#requests}`;
      const trigger = { id, type: 'Remediation Request', time: this.model.now, redelivered: false };
      await this.#reconcile([group], 0, { event: { ...sample, id, detail: { ...sample.detail, action } }, trigger });
    };
    if (
      approvesAfter !== undefined &&
      hour % approvesAfter === 0 &&
      proposal !== undefined &&
      /^would-|approval-/.test(reason)
    ) {
      const { ruling } = proposal;
      const isOver =
        ruling !== undefined && approvalEnds(proposal, ruling, policy.approvalExpiresAfter * HOUR) <= this.model.now;
      if (ruling === undefined || isOver) await ask('approve');
      // A breaker would hold the approved upgrade, so the operator who reads the answer resumes.
      if (resumesAfter !== undefined && /breaker/.test(this.#answered)) await ask('resume');
    }
    if (resumesAfter !== undefined && hour % resumesAfter === 0 && /^halted$|breaker/.test(reason)) await ask('resume');
  }

  /** Takes the steps of `reconcile.ts`, with reads and writes left out. */
  async #reconcile(batch: readonly ModelGroup[], depth = 0, request?: OperatorRequest): Promise<void> {
    if (batch.length === 0 || depth > 20) return;
    const { model } = this;
    const { now, fleet } = model;
    const policy =
      fleet.killSwitch !== undefined && model.lasts(fleet.killSwitch) ? this.#policies.on : this.#policies.off;
    const seen = new Map<Observation, ModelGroup>(batch.map((group) => [this.#observe(group, request), group]));
    const states = this.#states();
    const rollouts = fleet.policy.isWaved ? rolloutsIn(states, policy) : undefined;
    const circumstances: Circumstances = {
      policy,
      now,
      account: '111122223333',
      slots: this.#slots,
      ...(rollouts !== undefined && { rollouts }),
      fleetFailures: failuresOf({ managed: states, selfManaged: new Map() }, policy),
    };
    const before = this.#slots;
    const planned = await this.#plan([...seen.keys()], circumstances, states);
    const carriedOut = planned.decided.map((decided) => this.#carryOut(decided, seen, circumstances));
    this.#slots = carriedOut.reduce(
      (held, each) => withSlot(held, each.observation, each.decision, now),
      planned.slots,
    );

    const freed = Object.keys(before).some((subject) => !(subject in this.#slots));
    if (planned.hasYielded || freed || depth > 0) {
      const failures = carriedOut.reduce(
        (held, each) => failuresAfter(held, each, circumstances),
        circumstances.fleetFailures ?? NO_FAILURES,
      );
      const observed = new Set(batch.map(({ key }) => subjectOf(key)));
      const others = contendersOf(lineOf(this.#states()), policy, now, planned.rollouts, failures).filter(
        ({ subject }) => !observed.has(subject),
      );
      const options = { account: '1', region: 'r', now, caller: 'c' };
      const called = callNext(others, this.#slots, policy.upgrades.concurrency, options);
      await this.#reconcile(
        this.#named(called.map(({ detail }) => `${detail.clusterName}/${detail.nodegroupName}`)),
        depth + 1,
      );
    }
    const unseen = carriedOut.flatMap(({ decision: { lookAt = [] } }) => lookAt.map(subjectOf));
    await this.#reconcile(this.#named(unseen), depth + 1);
    if (request !== undefined) await this.#reconcile(batch, depth + 1);
  }

  #named = (subjects: readonly string[]) => this.model.groups.filter(({ key }) => subjects.includes(subjectOf(key)));

  #states = () => new Map(this.model.groups.map(({ key, state }) => [subjectOf(key), state]));

  #observe(group: ModelGroup, request: OperatorRequest | undefined): Observation {
    const seen = observation(this.model.viewOf(group), group.state, group.key);
    return {
      ...seen,
      ...(request !== undefined && { request }),
      ...(this.model.has(group, 'quarantined') && { quarantined: ['i-0123456789abcdef0'] }),
    };
  }

  /** Plans as `plan-fairly.ts` does: with what only matters where something would start. */
  async #plan(
    observations: readonly Observation[],
    circumstances: Circumstances,
    states: ReadonlyMap<string, ModelGroup['state']>,
  ): Promise<Plan> {
    const { policy, now, rollouts, fleetFailures } = circumstances;
    const readGates = async () => this.model.gates();
    const { planned } = await planAtGates(readGates, observations, circumstances);
    const starting = planned.decided.filter(({ decision }) => decision.start !== undefined);
    if (starting.length === 0 || 'error' in policy) return planned;
    const contenders = contendersOf(lineOf(states), policy, now, rollouts, fleetFailures);
    const clusters = new Set(starting.map((each) => each.observation.key.cluster));
    const slots = this.model.groups
      .filter((group) => clusters.has(group.key.cluster) && this.model.isUpdatedBySomebody(group))
      .filter(({ key }) => observations.every((each) => subjectOf(each.key) !== subjectOf(key)))
      .reduce((held, { key }) => withForeign(held, key, now), circumstances.slots);
    const informed = { ...circumstances, slots };
    const reads = { look: this.#lookBy(circumstances), readGates };
    return (await planLooking(reads, observations, informed, contenders)).planned;
  }

  #lookBy =
    (circumstances: Circumstances): Look =>
    async (starting) => {
      const asking = starting.filter(({ observation: each }) => asksFor('workloads', each, circumstances));
      const workloads = await observeWorkloads(async (cluster) => this.model.unwellIn(cluster), asking, circumstances);
      const blocked = starting.map(({ observation: { key } }): [string, Preflight] => {
        const isBlocked = this.#named([subjectOf(key)]).some((group) => this.model.has(group, 'blocked'));
        const blockers = isBlocked
          ? [{ kind: 'addresses' as const, why: 'no address is free', which: 'addresses' }]
          : [];
        return [subjectOf(key), { ...NOTHING_SEEN, blockers }];
      });
      return joined([new Map(blocked), workloads]);
    };

  #carryOut(decided: Decided, seen: ReadonlyMap<Observation, ModelGroup>, circumstances: Circumstances): Decided {
    const group = seen.get(decided.observation);
    if (group === undefined) throw new Error('Nobody else was observed.');
    const decision = this.#start(group, decided.decision);
    group.state = nextState(decided.observation, decision, circumstances);
    if (decision.reason === 'request-refused') this.#answered = decision.message;
    if (decision.reason === 'request-granted') {
      const { action } = decided.observation.request?.event.detail ?? {};
      if (action === 'approve' || action === 'resume')
        this.#note(action, group, group.version, group.state.proposal?.target ?? '');
    }
    if (group.update?.result !== undefined && group.state.upgrade === undefined) delete group.update;
    return { ...decided, decision };
  }

  #start(group: ModelGroup, decision: Decision): Decision {
    const { upgrade } = decision.memory;
    if (decision.start === undefined || upgrade === undefined) return decision;
    const { releaseVersion } = upgrade;
    const { version } = decision.start;
    const from = { version: group.version, releaseVersion: group.releaseVersion };
    const start: Event = { kind: 'start', at: this.model.now, group, version, releaseVersion, from };
    const refusal = this.model.update(group, version, releaseVersion);
    if (refusal !== undefined) throw new Error(`EKS refuses to move ${subjectOf(group.key)}: ${refusal}`);
    this.#onStart(this, start);
    this.events.push(start);
    return {
      ...decision,
      memory: { ...decision.memory, upgrade: { ...upgrade, updateId: group.update?.updateId ?? '' } },
    };
  }
}
