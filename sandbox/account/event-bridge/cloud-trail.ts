import type { CallContext } from '../service.ts';
import type { World } from '../world.ts';

/** The maker of a call, other than the clients of the account itself. */
export type Actor =
  /** EC2 Auto Scaling, with its service-linked role. */
  | 'autoscaling'
  /** The VPC CNI on a node, with the node's role. */
  | 'node'
  /** A person. */
  | 'operator';

/** A changing call, as CloudTrail records it. */
export interface TrailedCall {
  /** A value such as `AssociateAddress`. */
  readonly eventName: string;
  readonly requestParameters: object;
  readonly responseElements: object;
}

/**
 * The account's trail. Changing calls appear on the default bus some seconds later; in AWS it is usually some minutes.
 * It holds only calls, not what AWS does by itself, such as assigning a public address.
 */
export class CloudTrail {
  readonly #world: World;
  readonly #random: World['random'];

  constructor(world: World) {
    this.#world = world;
    this.#random = world.random.fork('cloud-trail');
  }

  /** Records a successful EC2 call by a client of the account. */
  called({ caller, requestId }: CallContext, call: TrailedCall): void {
    const identity =
      caller.roleLogicalId === undefined ? this.#user() : this.#assumedRole(caller.roleLogicalId, caller.function);
    this.#announce(call, requestId, { userIdentity: identity, sourceIPAddress: '192.0.2.10', userAgent: 'aws-sdk-js' });
  }

  /** Records a call by somebody who is not a client of the sandbox. */
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

/** A list in CloudTrail's format for EC2. */
export const items = <Item>(list: readonly Item[]): { items?: readonly Item[] } =>
  list.length === 0 ? {} : { items: list };
