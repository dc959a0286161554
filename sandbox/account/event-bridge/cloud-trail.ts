import type { CallContext } from '../service.ts';
import type { World } from '../world.ts';

/** Who made a call, besides the clients of the account itself. */
export type Actor =
  /** EC2 Auto Scaling, by its service-linked role. */
  | 'autoscaling'
  /** The VPC CNI on a node, by the node's role. */
  | 'node'
  /** A person. */
  | 'operator';

/** A call that changed something, in the form that CloudTrail gives it. */
export interface TrailedCall {
  /** For example `AssociateAddress`. */
  readonly eventName: string;
  readonly requestParameters: object;
  readonly responseElements: object;
}

/**
 * The account's trail: calls that change something are told of on the default bus some seconds later; in AWS mostly some
 * minutes. Only what somebody did is there: what AWS does by itself, such as to give a public address, is not.
 */
export class CloudTrail {
  readonly #world: World;
  readonly #random: World['random'];

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('cloud-trail');
  }

  /** A client of the account has made a call of EC2 that succeeded. */
  called({ caller, requestId }: CallContext, call: TrailedCall): void {
    const identity =
      caller.roleLogicalId === undefined ? this.#user() : this.#assumedRole(caller.roleLogicalId, caller.function);
    this.#announce(call, requestId, { userIdentity: identity, sourceIPAddress: '192.0.2.10', userAgent: 'aws-sdk-js' });
  }

  /** Somebody who is no client of the sandbox has done so. */
  did(actor: Actor, call: TrailedCall): void {
    this.#announce(call, this.#random.uuid(), this.#surroundings(actor));
  }

  #surroundings(actor: Actor) {
    if (actor === 'operator') {
      return { userIdentity: this.#user(), sourceIPAddress: '192.0.2.10', userAgent: 'console.ec2.amazonaws.com' };
    }
    if (actor === 'node') {
      const userIdentity = this.#assumedRole('node', 'i-node');
      return { userIdentity, sourceIPAddress: '192.0.2.20', userAgent: 'amazon-vpc-cni-k8s' };
    }
    const service = 'autoscaling.amazonaws.com';
    const userIdentity = { ...this.#assumedRole('AWSServiceRoleForAutoScaling', 'AutoScaling'), invokedBy: service };
    return { userIdentity, sourceIPAddress: service, userAgent: service };
  }

  #announce({ eventName, ...call }: TrailedCall, requestID: string, surroundings: object): void {
    const { time, region, accountId } = this.#world;
    const detail = {
      eventVersion: '1.10',
      ...surroundings,
      eventTime: new Date(time.now).toISOString().replace(/\.\d+Z$/, 'Z'),
      eventSource: 'ec2.amazonaws.com',
      eventName,
      awsRegion: region,
      ...call,
      requestID,
      eventID: this.#random.uuid(),
      readOnly: false,
      eventType: 'AwsApiCall',
      managementEvent: true,
      recipientAccountId: accountId,
      eventCategory: 'Management',
    };
    time.after(this.#random.integer(5000, 15_000), () =>
      this.#world.emit({ source: 'aws.ec2', detailType: 'AWS API Call via CloudTrail', resources: [], detail }),
    );
  }

  #user() {
    const { partition, accountId } = this.#world;
    return {
      type: 'IAMUser',
      principalId: 'AIDASANDBOXOPERATOR00',
      arn: `arn:${partition}:iam::${accountId}:user/operator`,
      accountId,
      userName: 'operator',
    };
  }

  #assumedRole(role: string, session: string) {
    const { partition, accountId } = this.#world;
    return {
      type: 'AssumedRole',
      principalId: `AROASANDBOXROLE000000:${session}`,
      arn: `arn:${partition}:sts::${accountId}:assumed-role/${role}/${session}`,
      accountId,
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId: 'AROASANDBOXROLE000000',
          arn: `arn:${partition}:iam::${accountId}:role/${role}`,
          accountId,
          userName: role,
        },
      },
    };
  }
}

/** A list as CloudTrail writes those of EC2. */
export const items = <Item>(list: readonly Item[]): { items?: readonly Item[] } =>
  list.length === 0 ? {} : { items: list };
