import type { Instance, Instances } from '../ec2/instances.ts';
import type { World } from '../world.ts';

/** The version that Systems Manager considers the latest. */
export const LATEST_AGENT_VERSION = '3.3.4624.0';

/** How soon a starting agent pings for the first time, seconds. */
const FIRST_PING_S = { least: 20, most: 90 };

/** How soon a registered agent tries to ping again, seconds. */
const NEXT_PING_S = { least: 60, most: 300 };

/**
 * How long an agent that never registered sleeps before it tries again, seconds: 25 to 30 minutes after AccessDenied, 5
 * to 60 after other errors (amazon-ssm-agent, agent/hibernation and agent/backoffconfig). It does not notice changes
 * meanwhile.
 */
const SLEEPS_S = { rights: { least: 1_500, most: 1_800 }, others: { least: 300, most: 3_600 } };

/** The source of an agent's rights: the instance's own role, or the role of Default Host Management. */
export interface AgentRights {
  readonly source: 'instance-profile' | 'default-host-management';
  readonly roleName: string;
}

/** What an agent needs from the account. */
export interface AgentSurroundings {
  /** Undefined when nothing gives an agent of that version on that instance the right to register. */
  rightsOf(instance: Instance, agentVersion: string): AgentRights | undefined;
  /** Whether the role with which an agent registers may open the channel of its sessions, too. */
  mayConnect(instance: Instance, roleName: string): boolean;
  /** Whether the service's endpoint (`ssm`, `ssmmessages`, `ec2messages`) can be reached from the instance. */
  reaches(instance: Instance, service: string): boolean;
}

/** An SSM agent, whether registered with Systems Manager or not. */
export interface Agent {
  readonly instance: Instance;
  readonly version: string;
  /** Epoch ms of its first ping; undefined: Systems Manager does not know the instance. */
  readonly registeredAt: number | undefined;
  readonly pingStatus: 'Online' | 'ConnectionLost';
  /** Epoch ms since which it does not answer; undefined while it does. */
  readonly lostAt: number | undefined;
}

interface KnownAgent {
  readonly instance: Instance;
  /** Whether it is installed and running. */
  runs: boolean;
  /** Whether its first ping is its last. */
  dies: boolean;
  version: string;
  registeredAt?: number;
  lostAt?: number | undefined;
  online: boolean;
  /** Whether a ping is scheduled. */
  trying: boolean;
  /** What kept it from answering at its last try, or since. */
  hinderedBy?: 'rights' | 'others' | undefined;
}

/**
 * The SSM agents of the account's instances. An agent is Online only while its instance runs, it is installed and
 * running, the metadata service answers it, something gives it the right to register, and it reaches Systems Manager's
 * endpoints.
 */
export class SsmAgents {
  readonly #world: World;
  readonly #surroundings: AgentSurroundings;
  readonly #random: World['random'];
  readonly #byInstanceId = new Map<string, KnownAgent>();

  constructor(world: World, instances: Instances, surroundings: AgentSurroundings) {
    this.#world = world;
    this.#surroundings = surroundings;
    this.#random = world.random.fork('ssm-agents');
    instances.onRunning((instance) => this.#boot(instance));
    instances.onStopping(({ id }) => this.reconsiderOn(id));
    instances.onRestarted(({ id }) => this.reconsiderOn(id));
  }

  /** The agents registered with Systems Manager, of instances that still exist. */
  registered(): Agent[] {
    return this.#living().flatMap((known) => (known.registeredAt === undefined ? [] : [this.#look(known)]));
  }

  /** The agent of an instance, if it is registered. */
  get(instanceId: string): Agent | undefined {
    const known = this.#byInstanceId.get(instanceId);
    if (known?.registeredAt === undefined || known.instance.state === 'terminated') return undefined;
    return this.#look(known);
  }

  /** The current rights of the agent. */
  rightsOf({ instance, version }: Agent): AgentRights | undefined {
    return this.#surroundings.rightsOf(instance, version);
  }

  /** Whether Session Manager reaches an instance: its agent is Online, and may open the channel of its sessions. */
  isConnected(instanceId: string): boolean {
    const known = this.#byInstanceId.get(instanceId);
    if (known === undefined || this.#look(known).pingStatus !== 'Online') return false;
    const rights = this.#surroundings.rightsOf(known.instance, known.version);
    return rights !== undefined && this.#surroundings.mayConnect(known.instance, rights.roleName);
  }

  /**
   * Reports that the latest agent was just installed on the instance, and started. A stopped agent is stopped again at
   * once.
   */
  installed(instanceId: string): void {
    const known = this.#byInstanceId.get(instanceId);
    if (known === undefined) return;
    const runs = known.instance.agent.agent !== 'stopped';
    Object.assign(known, { runs, dies: false, version: LATEST_AGENT_VERSION });
    this.#planPing(known, FIRST_PING_S);
  }

  /** Reports that the agent has updated itself. */
  updated(instanceId: string, version: string): void {
    const known = this.#byInstanceId.get(instanceId);
    if (known !== undefined) known.version = version;
  }

  /** Reports a change that affects all agents: rights, a setting, a network. */
  reconsider(): void {
    for (const known of this.#living()) this.#reconsider(known);
  }

  /** Reports a change that affects only the agent of one instance. */
  reconsiderOn(instanceId: string): void {
    const known = this.#byInstanceId.get(instanceId);
    if (known !== undefined) this.#reconsider(known);
  }

  #reconsider(known: KnownAgent): void {
    const obstacle = this.#obstacleOf(known);
    if (obstacle === undefined) {
      if (!known.online) this.#planPing(known, this.#wakesAfter(known));
      return;
    }
    if (known.online) known.lostAt = this.#world.time.now;
    known.online = false;
    known.hinderedBy = obstacle;
  }

  #boot(instance: Instance): void {
    const { agent, version, registersAfterSeconds } = instance.agent;
    const known: KnownAgent = {
      instance,
      runs: agent === 'present' || agent === 'dead',
      dies: agent === 'dead',
      version,
      online: false,
      trying: true,
    };
    this.#byInstanceId.set(instance.id, known);
    const seconds = registersAfterSeconds ?? this.#random.integer(FIRST_PING_S.least, FIRST_PING_S.most);
    const at = (instance.runningSince ?? this.#world.time.now) + seconds * 1000;
    if (at <= this.#world.time.now) this.#ping(known, at);
    else this.#world.time.at(at, () => this.#ping(known, at));
  }

  /** The rest of the sleep is unknown: anything up to all of it. */
  #wakesAfter({ registeredAt, hinderedBy }: KnownAgent): typeof NEXT_PING_S {
    if (registeredAt !== undefined || hinderedBy === undefined) return NEXT_PING_S;
    return { least: NEXT_PING_S.least, most: SLEEPS_S[hinderedBy].most };
  }

  #planPing(known: KnownAgent, { least, most }: typeof NEXT_PING_S): void {
    if (known.trying || known.online || this.#obstacleOf(known) !== undefined) return;
    known.trying = true;
    const at = this.#world.time.now + this.#random.integer(least, most) * 1000;
    this.#world.time.at(at, () => this.#ping(known, at));
  }

  #ping(known: KnownAgent, at: number): void {
    known.trying = false;
    known.hinderedBy = this.#obstacleOf(known);
    if (known.hinderedBy !== undefined) return;
    known.registeredAt ??= at;
    // Real agents count as lost some minutes after their last ping; a dead one is lost at once here.
    known.online = !known.dies;
    known.lostAt = known.dies ? at : undefined;
  }

  #obstacleOf({ instance, runs, dies, registeredAt, version }: KnownAgent): 'rights' | 'others' | undefined {
    const { metadataEndpoint, state } = instance;
    if (!runs || (dies && registeredAt !== undefined) || state !== 'running') return 'others';
    const reaches = (service: string) => this.#surroundings.reaches(instance, service);
    if (metadataEndpoint === 'disabled' || !servicesNeeded(version).every(reaches)) return 'others';
    return this.#surroundings.rightsOf(instance, version) === undefined ? 'rights' : undefined;
  }

  #look(known: KnownAgent): Agent {
    const { instance, version, registeredAt, lostAt, online } = known;
    return {
      instance,
      version,
      registeredAt,
      lostAt,
      pingStatus: online && instance.state === 'running' ? 'Online' : 'ConnectionLost',
    };
  }

  /** Systems Manager forgets terminated instances. */
  #living(): KnownAgent[] {
    for (const { instance } of this.#byInstanceId.values()) {
      if (instance.state === 'terminated') this.#byInstanceId.delete(instance.id);
    }
    return [...this.#byInstanceId.values()];
  }
}

/** Agents from 3.3.40.0 on get commands through `ssmmessages`; older ones need `ec2messages` too (EC2 user guide). */
const servicesNeeded = (version: string): string[] =>
  isAtLeast(version, '3.3.40.0') ? ['ssm', 'ssmmessages'] : ['ssm', 'ssmmessages', 'ec2messages'];

/** Whether an agent's version, four numbers with dots, is at least another one. */
export function isAtLeast(version: string, other: string): boolean {
  const [left, right] = [version, other].map((text) => text.split('.').map(Number));
  for (const [index, number] of (left ?? []).entries()) {
    const difference = number - (right?.[index] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
