import type { TargetHealth } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Random } from '../../time/random.ts';
import type { Instance, Instances } from '../ec2/instances.ts';
import type { World } from '../world.ts';

/** One target group of a Network Load Balancer. */
export interface TargetGroup {
  readonly name: string;
  readonly arn: string;
  readonly loadBalancerArn: string;
  /** How targets are identified: by instance id, or by private IPv4 address. */
  readonly type: 'instance' | 'ip';
  /** Default port of targets that are registered without one. */
  readonly port: number;
  readonly vpcId: string;
  /** Whether a listener of the load balancer sends traffic to it. */
  readonly isUsed: boolean;
  readonly protocol: 'TCP' | 'QUIC';
  /** By id and port. */
  readonly targets: Map<string, Target>;
}

/** One address and port. The same instance may be registered with several ports. */
export interface TargetId {
  readonly id: string;
  readonly port: number;
}

export interface Target extends TargetId {
  /** A target of protocol QUIC has one: source is the API reference of TargetDescription. */
  readonly quicServerId?: string | undefined;
  /** Epoch ms. */
  readonly registeredAt: number;
  /** When it will be removed, epoch ms; undefined unless it is draining. */
  goneAt: number | undefined;
}

/** The default of `deregistration_delay.timeout_seconds`. */
const DEREGISTRATION_DELAY_MS = 300_000;
/** The default health check: three successes ten seconds apart. */
const FIRST_HEALTH_MS = 30_000;

const keyOf = ({ id, port }: TargetId): string => `${id}:${port}`;

/** The account's target groups, and the health of their targets. */
export class TargetGroups {
  readonly #world: World;
  readonly #instances: Instances;
  readonly #random: Random;
  readonly #byArn = new Map<string, TargetGroup>();

  constructor(world: World, instances: Instances) {
    this.#world = world;
    this.#instances = instances;
    this.#random = world.random.fork('elastic-load-balancing');
    // Elastic Load Balancing removes terminated instances, and the load balancer controller the addresses of lost
    // nodes.
    instances.onTerminated(({ id, privateIp }) => {
      for (const { targets } of this.#byArn.values()) {
        for (const [key, target] of targets) if (target.id === id || target.id === privateIp) targets.delete(key);
      }
    });
  }

  create(group: Pick<TargetGroup, 'name' | 'type' | 'port' | 'vpcId' | 'isUsed' | 'protocol'>): TargetGroup {
    const { partition, region, accountId } = this.#world;
    const prefix = `arn:${partition}:elasticloadbalancing:${region}:${accountId}`;
    const created: TargetGroup = {
      ...group,
      arn: `${prefix}:targetgroup/${group.name}/${this.#random.hex(16)}`,
      loadBalancerArn: `${prefix}:loadbalancer/net/${group.name}/${this.#random.hex(16)}`,
      targets: new Map(),
    };
    this.#byArn.set(created.arn, created);
    return created;
  }

  get(arn: string): TargetGroup | undefined {
    return this.#byArn.get(arn);
  }

  list(): TargetGroup[] {
    return [...this.#byArn.values()];
  }

  /** Registers a target, also one that is draining. A registered target stays unchanged. `at` is in epoch ms. */
  register(group: TargetGroup, { id, port, quicServerId }: TargetId & Pick<Target, 'quicServerId'>, at: number): void {
    const known = group.targets.get(keyOf({ id, port }));
    if (known !== undefined && known.goneAt === undefined) return;
    group.targets.set(keyOf({ id, port }), { id, port, quicServerId, registeredAt: at, goneAt: undefined });
  }

  /** Registers an instance by its id or by its private address, whichever the target group uses. */
  registerInstance(group: TargetGroup, instance: Instance, at: number): void {
    const id = group.type === 'instance' ? instance.id : instance.privateIp;
    const quicServerId = group.protocol === 'QUIC' ? `0x${this.#random.hex(16)}` : undefined;
    this.register(group, { id, port: group.port, quicServerId }, at);
  }

  /** Starts draining a target, and returns how long that takes from now, ms; 0 when it is not registered. */
  deregister({ targets }: TargetGroup, id: TargetId): number {
    const target = targets.get(keyOf(id));
    if (target === undefined) return 0;
    if (target.goneAt === undefined) {
      target.goneAt = this.#world.time.now + DEREGISTRATION_DELAY_MS;
      this.#world.time.after(DEREGISTRATION_DELAY_MS, () => {
        // Skips a target that was registered anew, which is another target.
        if (targets.get(keyOf(id)) === target) targets.delete(keyOf(id));
      });
    }
    return target.goneAt - this.#world.time.now;
  }

  /** The instance behind a target; undefined for an address without an instance. */
  instanceOf({ type }: TargetGroup, id: string): Instance | undefined {
    if (type === 'instance') return this.#instances.get(id);
    return this.#instances.list().find(({ privateIp, state }) => privateIp === id && state !== 'terminated');
  }

  /** The health of a target. An instance that is Ready as a node passes health checks. */
  healthOf(group: TargetGroup, id: TargetId): TargetHealth {
    const target = group.targets.get(keyOf(id));
    const instance = this.instanceOf(group, id.id);
    if (target === undefined) {
      return state('unused', 'Target.NotRegistered', 'Target is not registered to the target group');
    }
    if (target.goneAt !== undefined) {
      return state('draining', 'Target.DeregistrationInProgress', 'Target deregistration is in progress');
    }
    // Registered all the same: source is the API reference of TargetHealth, `Target.NotInUse`.
    if (!group.isUsed) {
      return state(
        'unused',
        'Target.NotInUse',
        'Target group is not configured to receive traffic from the load balancer',
      );
    }
    if (group.type === 'instance' && instance?.state !== 'running') {
      return state('unused', 'Target.InvalidState', 'Target is in the stopped state');
    }
    if (this.#world.time.now - target.registeredAt < FIRST_HEALTH_MS) {
      return state('initial', 'Elb.InitialHealthChecking', 'Initial health checks in progress');
    }
    if (instance?.node === 'Ready' || instance?.node === 'Draining') return { State: 'healthy' };
    return state('unhealthy', 'Target.FailedHealthChecks', 'Health checks failed');
  }
}

const state = (
  State: NonNullable<TargetHealth['State']>,
  Reason: NonNullable<TargetHealth['Reason']>,
  Description: string,
): TargetHealth => ({ State, Reason, Description });
