import type { ScanStatusReason, Status } from '@aws-sdk/client-inspector2';
import type { Random } from '../../time/random.ts';
import type { Instance, Instances } from '../ec2/instances.ts';
import type { SsmAgents } from '../ssm/agents.ts';
import type { World } from '../world.ts';
import { coverageEvent, findingEvent, scanEvent } from './events.ts';
import type { Finding, ScanState, Vulnerability } from './finding.ts';

/** What Inspector knows about one instance. */
export interface Scan {
  readonly instance: Instance;
  /** Epoch ms; undefined before the first scan. */
  scannedAt?: number;
}

const MINUTE_MS = 60_000;
/** How soon an instance is scanned after its start, or after a vulnerability becomes known, ms. */
const SCAN_WITHIN = { least: 2 * MINUTE_MS, most: 8 * MINUTE_MS };
/** Interval of further attempts to scan an instance whose agent does not answer. */
const RETRY_MS = 30 * MINUTE_MS;
const ENABLING_TAKES_MS = 2 * MINUTE_MS;
/** Closed findings are deleted after some days (Amazon Inspector user guide, "Managing findings"). */
const CLOSED_STAYS_MS = 3 * 86_400_000;
/** Instances with this tag are not scanned (Amazon Inspector user guide). */
const EXCLUSION_TAG = 'InspectorEc2Exclusion';

/**
 * Amazon Inspector's EC2 package scanning. It scans instances whose SSM agent answers, and its findings depend only on
 * the AMI. A finding therefore closes when its node is gone, and the next node has it again unless its AMI has the
 * fixed package.
 */
export class Inspector {
  readonly #world: World;
  readonly #random: Random;
  readonly #agents: SsmAgents;
  readonly #vulnerabilities: Vulnerability[] = [];
  readonly #scans = new Map<string, Scan>();
  readonly #findings = new Map<string, Finding[]>();
  /** The accounts that this one administers. */
  readonly members: string[] = [];
  /**
   * Whether Inspector's own scanner is on the instances (`activateVMScanner`), so that it scans them without an SSM
   * agent.
   */
  vmScanner = false;
  /** Forced reasons why the instances of these node groups are not scanned. */
  readonly reasons = new Map<string, ScanStatusReason>();
  #status: Status = 'DISABLED';

  constructor(world: World, instances: Instances, agents: SsmAgents) {
    this.#world = world;
    this.#random = world.random.fork('inspector');
    this.#agents = agents;
    instances.onRunning((instance) => this.#discover(instance));
    instances.onTerminating((instance) => this.#forget(instance));
  }

  /** Status of EC2 scanning in this account. */
  get status(): Status {
    return this.#status;
  }

  /** Starts with EC2 scanning on: existing instances have been scanned, without events now. */
  seedEnabled(instances: Instances): void {
    this.#switchOn(instances, Number.NEGATIVE_INFINITY);
  }

  /** Enables EC2 scanning like `Enable`. */
  enable(instances: Instances): void {
    if (this.#status !== 'DISABLED') return;
    this.#status = 'ENABLING';
    this.#world.time.after(ENABLING_TAKES_MS, () => this.#switchOn(instances, this.#world.time.now));
  }

  /** Publishes a vulnerability, which scans find from its time on. */
  publish(vulnerability: Vulnerability): void {
    this.#vulnerabilities.push(vulnerability);
    this.#world.time.at(vulnerability.publishedAt, () => {
      for (const { instance, scannedAt } of this.#scans.values()) {
        if (scannedAt === undefined || !vulnerability.affects(instance.imageId)) continue;
        const delay = this.#random.integer(SCAN_WITHIN.least, SCAN_WITHIN.most);
        this.#world.time.after(delay, () => this.#find(instance, vulnerability));
      }
    });
  }

  /** Suppresses every open finding of the vulnerability, like a suppression rule. */
  suppress(vulnerabilityId: string): void {
    for (const finding of this.findings()) {
      if (finding.vulnerability.id === vulnerabilityId && finding.status === 'ACTIVE')
        this.#change(finding, 'SUPPRESSED');
    }
  }

  /** All findings that are not deleted yet, optionally limited to the given instances. */
  findings(instanceIds?: readonly string[]): Finding[] {
    const lists =
      instanceIds === undefined
        ? [...this.#findings.values()]
        : [...new Set(instanceIds)].map((id) => this.#findings.get(id) ?? []);
    const { now } = this.#world.time;
    return lists.flat().filter(({ status, updatedAt }) => status !== 'CLOSED' || now - updatedAt < CLOSED_STAYS_MS);
  }

  /** The instances that Inspector knows; none while it is off. */
  scans(): Scan[] {
    return [...this.#scans.values()];
  }

  stateOf({ instance, scannedAt }: Scan): ScanState {
    if (instance.tags.has(EXCLUSION_TAG)) return { statusCode: 'INACTIVE', reason: 'EXCLUDED_BY_TAG' };
    if (instance.state === 'stopped') return { statusCode: 'INACTIVE', reason: 'EC2_INSTANCE_STOPPED' };
    const given = this.reasons.get(instance.tags.get('eks:nodegroup-name') ?? '');
    if (given !== undefined) return { statusCode: 'INACTIVE', reason: given };
    if (!this.vmScanner && this.#agents.get(instance.id)?.pingStatus !== 'Online') {
      return { statusCode: 'INACTIVE', reason: 'UNMANAGED_EC2_INSTANCE' };
    }
    return { statusCode: 'ACTIVE', reason: scannedAt === undefined ? 'PENDING_INITIAL_SCAN' : 'SUCCESSFUL' };
  }

  #switchOn(instances: Instances, since: number): void {
    this.#status = 'ENABLED';
    for (const instance of instances.list()) this.#discover(instance, since);
  }

  /** @param since when EC2 scanning was enabled, epoch ms */
  #discover(instance: Instance, since = Number.NEGATIVE_INFINITY): void {
    if (this.#status !== 'ENABLED' || this.#scans.has(instance.id) || instance.state !== 'running') return;
    const scan: Scan = { instance };
    this.#scans.set(instance.id, scan);
    const { time } = this.#world;
    const delay = this.#random.integer(SCAN_WITHIN.least, SCAN_WITHIN.most);
    const due = Math.max(instance.runningSince ?? time.now, since) + delay;
    const quietly = due <= time.now;
    time.at(due, () => {
      if (!this.#scan(scan, quietly) && !quietly) {
        this.#world.emit(coverageEvent(this.#world, instance, this.stateOf(scan)));
      }
    });
  }

  /** Scans an instance for the first time, or schedules another attempt. Returns whether it could be scanned. */
  #scan(scan: Scan, quietly: boolean): boolean {
    const { instance } = scan;
    if (!this.#scans.has(instance.id)) return true;
    if (this.stateOf(scan).statusCode === 'INACTIVE') {
      this.#world.time.after(RETRY_MS, () => void this.#scan(scan, false));
      return false;
    }
    scan.scannedAt = this.#world.time.now;
    const found = this.#vulnerabilities.filter(
      ({ publishedAt, affects }) => publishedAt <= this.#world.time.now && affects(instance.imageId),
    );
    if (!quietly) this.#world.emit(scanEvent(instance, found));
    for (const vulnerability of found) this.#find(instance, vulnerability, quietly);
    return true;
  }

  #find(instance: Instance, vulnerability: Vulnerability, quietly = false): void {
    if (!this.#scans.has(instance.id)) return;
    const known = this.#findings.get(instance.id) ?? [];
    if (known.some((finding) => finding.vulnerability === vulnerability)) return;
    const { partition, region, accountId, time } = this.#world;
    const finding: Finding = {
      arn: `arn:${partition}:inspector2:${region}:${accountId}:finding/${this.#random.hex(32)}`,
      vulnerability,
      instance,
      firstObservedAt: time.now,
      updatedAt: time.now,
      status: 'ACTIVE',
    };
    this.#findings.set(instance.id, [...known, finding]);
    if (!quietly) this.#world.emit(findingEvent(this.#world, finding));
  }

  #change(finding: Finding, status: Finding['status']): void {
    finding.status = status;
    finding.updatedAt = this.#world.time.now;
    this.#world.emit(findingEvent(this.#world, finding));
  }

  /** Closes the findings of an instance that ends. */
  #forget(instance: Instance): void {
    this.#scans.delete(instance.id);
    for (const finding of this.#findings.get(instance.id) ?? []) {
      if (finding.status !== 'CLOSED') this.#change(finding, 'CLOSED');
    }
  }
}
