import type { World } from '../world.ts';

/** The public IPv4 address of a private address. */
export interface PublicAssociation {
  readonly publicIp: string;
  /** The ids of an Elastic IP address; absent for an automatic address, which belongs to Amazon. */
  readonly elastic?: { readonly allocationId: string; readonly associationId: string };
}

export interface Ipv6Assignment {
  readonly address: string;
  /** A primary address cannot be removed as long as the interface exists. */
  readonly primary: boolean;
}

/** A network interface of an instance of this account or of AWS; here every interface has one. */
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
  /** The AWS service that had it created, if any. */
  readonly requesterId?: string;
  readonly tags: Map<string, string>;
  securityGroupIds: readonly string[];
  ipv6Addresses: readonly Ipv6Assignment[];
  /** Prefixes for pods. */
  ipv6Prefixes: readonly string[];
  ipv4Prefixes: readonly string[];
  /** Whether it only accepts traffic addressed to itself. */
  sourceDestCheck: boolean;
  /** Whether it accepts no traffic from Internet gateways. */
  denyAllIgwTraffic: boolean;
  /** `trunk`: carries pod interfaces, which are `branch`. */
  kind: 'interface' | 'trunk' | 'branch' | 'vpc_endpoint';
  /** By private address. */
  readonly associations: Map<string, PublicAssociation>;
  /** Whether EC2 assigns a public address automatically when it has none. */
  automaticAddress: boolean;
}

/** What is needed to create an interface. */
export type InterfaceSpecification = Pick<
  NetworkInterface,
  'id' | 'description' | 'vpcId' | 'subnetId' | 'availabilityZone' | 'privateIps' | 'securityGroupIds' | 'tags'
> & {
  readonly instanceId: string;
  readonly deviceIndex: number;
  /** Epoch ms. */
  readonly attachedAt: number;
  /** Whether EC2 assigns a public address automatically. Only a primary interface gets one. */
  readonly automaticAddress: boolean;
};

/** What is needed to create the interface of a control plane. */
export type ControlPlaneSpecification = Pick<
  NetworkInterface,
  'vpcId' | 'subnetId' | 'availabilityZone' | 'privateIps' | 'securityGroupIds'
> & {
  readonly clusterName: string;
  /** Epoch ms. */
  readonly attachedAt: number;
};

/** What is needed to create the interface of a VPC endpoint. */
export type EndpointInterfaceSpecification = Pick<
  NetworkInterface,
  'id' | 'vpcId' | 'subnetId' | 'availabilityZone' | 'privateIps' | 'securityGroupIds'
> & {
  readonly endpointId: string;
  /** Epoch ms. */
  readonly attachedAt: number;
};

const UNSET = {
  ipv6Addresses: [],
  ipv6Prefixes: [],
  ipv4Prefixes: [],
  sourceDestCheck: true,
  denyAllIgwTraffic: false,
  kind: 'interface',
} as const;

/** The account in which EKS runs control planes. */
const EKS_ACCOUNT = '999999999999';

/** The account's network interfaces. */
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

  /** Calls the listener for each interface whose groups or addresses change, and for each that is deleted. */
  onChange(listener: (changed: NetworkInterface) => void): void {
    this.#listeners.push(listener);
  }

  get(id: string): NetworkInterface | undefined {
    return this.#byId.get(id);
  }

  list(): NetworkInterface[] {
    return [...this.#byId.values()];
  }

  /** The interfaces of an instance by device index. The list is live. */
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

  /** Adds a pod's interface, carried by a trunk. DescribeInstances does not show it. */
  addBranch(trunk: NetworkInterface, privateIp: string): NetworkInterface {
    const branch = this.#add({
      id: this.newId(),
      description: 'aws-k8s-branch-eni',
      vpcId: trunk.vpcId,
      subnetId: trunk.subnetId,
      availabilityZone: trunk.availabilityZone,
      privateIps: [privateIp],
      securityGroupIds: trunk.securityGroupIds,
      tags: new Map([['vpcresources.k8s.aws/trunk-eni-id', trunk.id]]),
      automaticAddress: false,
      macAddress: macAddress(this.#random),
      attachment: { ...trunk.attachment, id: '', instanceId: undefined },
    });
    branch.kind = 'branch';
    return branch;
  }

  /** An interface through which EKS reaches the nodes of a cluster, modelled on recorded EC2 responses. */
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

  /** An endpoint's interface, which AWS creates and manages. */
  attachEndpoint({ endpointId, attachedAt, ...rest }: EndpointInterfaceSpecification): void {
    const created = this.#add({
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
      tags: new Map(),
      automaticAddress: false,
    });
    created.kind = 'vpc_endpoint';
  }

  #add(specification: Omit<NetworkInterface, keyof typeof UNSET | 'associations'>): NetworkInterface {
    const created: NetworkInterface = { ...specification, ...UNSET, associations: new Map() };
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

  setIpv6Prefixes(changed: NetworkInterface, prefixes: readonly string[]): void {
    changed.ipv6Prefixes = [...prefixes];
    this.#announce(changed);
  }

  associate(changed: NetworkInterface, privateIp: string, association: PublicAssociation): void {
    changed.associations.set(privateIp, association);
    this.#announce(changed);
  }

  dissociate(changed: NetworkInterface, privateIp: string): void {
    if (changed.associations.delete(privateIp)) this.#announce(changed);
  }

  /** Deletes the interfaces of an instance, which releases their addresses. */
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
