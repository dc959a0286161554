import type { World } from '../world.ts';

/** The public IPv4 address of one private address. */
export interface PublicAssociation {
  readonly publicIp: string;
  /** Of an Elastic IP address; an automatic one, which is Amazon's, has none. */
  readonly elastic?: { readonly allocationId: string; readonly associationId: string };
}

export interface Ipv6Assignment {
  readonly address: string;
  /** A primary one can't be taken off as long as the interface is there. */
  readonly primary: boolean;
}

/** A network interface of an instance, of this account or of AWS's own: here none is without. */
export interface NetworkInterface {
  readonly id: string;
  readonly description: string;
  readonly macAddress: string;
  readonly vpcId: string;
  readonly subnetId: string;
  readonly availabilityZone: string;
  /** The first is the primary one. */
  readonly privateIps: readonly [string, ...string[]];
  readonly attachment: {
    readonly id: string;
    /** Undefined for an instance of another account, which EC2 does not name. */
    readonly instanceId: string | undefined;
    readonly instanceOwnerId: string;
    /** 0 is the instance's primary interface. */
    readonly deviceIndex: number;
    /** Epoch ms. */
    readonly attachedAt: number;
  };
  /** Who had it made, where that was an AWS service. */
  readonly requesterId?: string;
  /** Its type, where it is no plain one. */
  readonly kind?: 'vpc_endpoint';
  readonly tags: Map<string, string>;
  securityGroupIds: readonly string[];
  ipv6Addresses: readonly Ipv6Assignment[];
  /** By private address. */
  readonly associations: Map<string, PublicAssociation>;
  /** Whether EC2 gives it a public address by itself when it has none. */
  automaticAddress: boolean;
}

/** What an interface is made of. */
export type InterfaceSpecification = Pick<
  NetworkInterface,
  'id' | 'description' | 'vpcId' | 'subnetId' | 'availabilityZone' | 'privateIps' | 'securityGroupIds' | 'tags'
> & {
  readonly instanceId: string;
  readonly deviceIndex: number;
  /** Epoch ms. */
  readonly attachedAt: number;
  /** Whether EC2 is to give it a public address by itself: only a primary interface gets one. */
  readonly automaticAddress: boolean;
};

/** What the interface of a control plane is made of. */
export type ControlPlaneSpecification = Pick<
  NetworkInterface,
  'vpcId' | 'subnetId' | 'availabilityZone' | 'privateIps' | 'securityGroupIds'
> & {
  readonly clusterName: string;
  /** Epoch ms. */
  readonly attachedAt: number;
};

/** What the interface of a VPC endpoint is made of. */
export type EndpointInterfaceSpecification = Pick<
  NetworkInterface,
  'id' | 'vpcId' | 'subnetId' | 'availabilityZone' | 'privateIps' | 'securityGroupIds'
> & {
  readonly endpointId: string;
  /** Epoch ms. */
  readonly attachedAt: number;
};

/** The account in which EKS runs control planes. */
const EKS_ACCOUNT = '999999999999';

/** The account's network interfaces, and what each of them has. */
export class NetworkInterfaces {
  readonly #random: World['random'];
  readonly #controlPlaneRandom: World['random'];
  readonly #accountId: string;
  readonly #byId = new Map<string, NetworkInterface>();
  readonly #byInstance = new Map<string, NetworkInterface[]>();
  readonly #listeners: Array<(changed: NetworkInterface) => void> = [];

  constructor(world: World) {
    this.#random = world.random.fork('ec2-network-interfaces');
    this.#controlPlaneRandom = world.random.fork('ec2-control-plane-interfaces');
    this.#accountId = world.accountId;
  }

  /** Hears of each interface whose groups or addresses change, and of each that goes. */
  onChange(listener: (changed: NetworkInterface) => void): void {
    this.#listeners.push(listener);
  }

  get(id: string): NetworkInterface | undefined {
    return this.#byId.get(id);
  }

  list(): NetworkInterface[] {
    return [...this.#byId.values()];
  }

  /** The interfaces of an instance by device index; the list goes on telling what is attached. */
  of(instanceId: string): readonly NetworkInterface[] {
    return this.#byInstance.get(instanceId) ?? [];
  }

  attach(specification: InterfaceSpecification): NetworkInterface {
    const { instanceId, deviceIndex, attachedAt, ...rest } = specification;
    const owned = { instanceId, instanceOwnerId: this.#accountId };
    const attachment = { id: `eni-attach-${rest.id.slice(4)}`, ...owned, deviceIndex, attachedAt };
    const created = this.#add({ ...rest, macAddress: macAddress(this.#random), attachment });
    const ofInstance = this.#byInstance.get(instanceId) ?? [];
    ofInstance.push(created);
    this.#byInstance.set(instanceId, ofInstance);
    return created;
  }

  /** An interface through which EKS reaches the nodes of a cluster, as EC2 has been recorded to show it. */
  attachControlPlane({ clusterName, attachedAt, ...rest }: ControlPlaneSpecification): void {
    const digits = this.#controlPlaneRandom.hex(16);
    this.#add({
      ...rest,
      id: `eni-0${digits}`,
      description: `Amazon EKS ${clusterName}`,
      macAddress: macAddress(this.#controlPlaneRandom),
      attachment: {
        id: `eni-attach-0${digits}`,
        instanceId: undefined,
        instanceOwnerId: EKS_ACCOUNT,
        deviceIndex: 1,
        attachedAt,
      },
      requesterId: `AROA${this.#controlPlaneRandom.hex(17).toUpperCase()}:AmazonEKS`,
      tags: new Map(),
      automaticAddress: false,
    });
  }

  /** An interface of an endpoint, which AWS made and manages. */
  attachEndpoint({ endpointId, attachedAt, ...rest }: EndpointInterfaceSpecification): void {
    this.#add({
      ...rest,
      description: `VPC Endpoint Interface ${endpointId}`,
      macAddress: macAddress(this.#controlPlaneRandom),
      attachment: {
        id: `ela-attach-${rest.id.slice(4)}`,
        instanceId: undefined,
        instanceOwnerId: 'amazon-aws',
        deviceIndex: 1,
        attachedAt,
      },
      requesterId: 'vpce',
      kind: 'vpc_endpoint',
      tags: new Map(),
      automaticAddress: false,
    });
  }

  #add(specification: Omit<NetworkInterface, 'ipv6Addresses' | 'associations'>): NetworkInterface {
    const created: NetworkInterface = { ...specification, ipv6Addresses: [], associations: new Map() };
    this.#byId.set(created.id, created);
    return created;
  }

  newId(): string {
    return `eni-0${this.#random.hex(16)}`;
  }

  setSecurityGroups(changed: NetworkInterface, ids: readonly string[]): void {
    changed.securityGroupIds = [...ids];
    this.#announce(changed);
  }

  setIpv6Addresses(changed: NetworkInterface, addresses: readonly Ipv6Assignment[]): void {
    changed.ipv6Addresses = [...addresses];
    this.#announce(changed);
  }

  associate(changed: NetworkInterface, privateIp: string, association: PublicAssociation): void {
    changed.associations.set(privateIp, association);
    this.#announce(changed);
  }

  dissociate(changed: NetworkInterface, privateIp: string): void {
    if (changed.associations.delete(privateIp)) this.#announce(changed);
  }

  /** The interfaces of an instance go with it, and their addresses are free. */
  deleteThoseOf(instanceId: string): void {
    const doomed = this.#byInstance.get(instanceId) ?? [];
    this.#byInstance.delete(instanceId);
    for (const one of doomed.splice(0)) {
      this.#byId.delete(one.id);
      one.associations.clear();
      this.#announce(one);
    }
  }

  #announce(changed: NetworkInterface): void {
    for (const listener of this.#listeners) listener(changed);
  }
}

const macAddress = (random: World['random']): string => ['02', ...(random.hex(10).match(/../g) ?? [])].join(':');
