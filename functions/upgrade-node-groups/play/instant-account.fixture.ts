import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DescribeInstanceImageMetadataCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeClusterCommand,
  DescribeNodegroupCommand,
  DescribeUpdateCommand,
  EKSClient,
  ListClustersCommand,
  ListNodegroupsCommand,
  type Nodegroup,
  UpdateNodegroupVersionCommand,
} from '@aws-sdk/client-eks';
import { SQSClient } from '@aws-sdk/client-sqs';
import { GetParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { BatchGetCommand, DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { createRecorder } from '../../shared/records/recorder.ts';
import { pairKey } from '../../shared/releases/ami-type.ts';
import { HOUR, imageNameOf, NOW } from '../model/observation.fixture.ts';
import type { Policy } from '../policy.ts';
import { UPGRADE_REASONS } from '../reasons.ts';
import type { ReconcileDeps } from '../reconcile.ts';
import { upgradeNodeGroups } from '../remediation.ts';

export const PAIR = { kubernetesVersion: '1.33', amiType: 'AL2023_x86_64_STANDARD' } as const;
export const RELEASE = '1.33.13-20260714';
const OLDER = '1.33.12-20260625';
const REGION = 'eu-central-1';
const ACCOUNT = '111122223333';
const TABLE = 'ledger';
const NODES_PER_GROUP = 2;
/**
 * Entries of a page: of EKS's lists, of DescribeInstanceImageMetadata, and of a query of the ledger, which returns 1
 * MB.
 */
const PAGES = { eks: 100, images: 1000, items: 1000 };

/**
 * An account whose clients answer at once and without a network: a look at this account costs what the function itself
 * costs. It counts the calls by operation. All groups run an older release than the one on offer, which has baked.
 */
export class InstantAccount {
  readonly calls = new Map<string, number>();
  readonly #clusters: readonly string[];
  readonly #groups: readonly string[];
  /** Node groups whose upgrade has begun, by `cluster/nodegroup`. */
  readonly #updating = new Set<string>();
  /** The ledger, by `pk` and `sk`. */
  readonly #items = new Map<string, Map<string, object>>();

  constructor(clusters: number, groupsPerCluster: number) {
    this.#clusters = Array.from({ length: clusters }, (_, index) => `c${String(index).padStart(3, '0')}`);
    this.#groups = Array.from({ length: groupsPerCluster }, (_, index) => `g${index}`);
    const seen = [OLDER, RELEASE].map((releaseVersion) => ({ releaseVersion, firstSeenAt: NOW - 72 * HOUR }));
    this.#put({ pk: 'release', sk: pairKey(PAIR), seen, recommended: RELEASE, announced: true });
  }

  /** What a reconcile needs. */
  deps(policy: Policy): ReconcileDeps {
    const nothing = () => undefined;
    const clock = { now: () => NOW };
    const own = { account: ACCOUNT, region: REGION, clock, timeoutSeconds: 180 };
    const queue = { sqs: this.#client(SQSClient), url: 'https://queue.fifo' };
    return {
      ...own,
      eks: this.#client(EKSClient),
      ec2: this.#client(EC2Client),
      ssm: this.#client(SSMClient),
      autoScaling: this.#client(AutoScalingClient),
      cloudWatch: this.#client(CloudWatchClient),
      ledger: { documents: this.#client(DynamoDBDocumentClient), table: TABLE },
      queue,
      postureQueue: queue,
      refreshQueue: queue,
      drainQueue: queue,
      nodeClassQueue: queue,
      deadLetterQueueUrl: 'https://dead.fifo',
      readPolicy: async () => policy,
      recorder: createRecorder({
        ...own,
        remediation: upgradeNodeGroups.name,
        reasons: UPGRADE_REASONS,
        write: nothing,
        counter: { count: nothing, gauge: nothing, observe: nothing, flush: nothing },
        isTimed: true,
      }),
      wake: async () => undefined,
      caller: 'look',
    };
  }

  /** Makes an instance of the SDK's class, because paginators ask for one. */
  #client<Client extends object>(of: { readonly prototype: Client }): Client {
    const send = async (command: object) => {
      const operation = command.constructor.name.replace(/Command$/, '');
      this.calls.set(operation, (this.calls.get(operation) ?? 0) + 1);
      return this.#answer(command);
    };
    return Object.assign(Object.create(of.prototype), { send });
  }

  #answer(command: object): object {
    if (command instanceof ListClustersCommand) {
      const { entries, next } = page(this.#clusters, PAGES.eks, command.input.nextToken);
      return { clusters: entries, nextToken: next };
    }
    if (command instanceof ListNodegroupsCommand) {
      const { entries, next } = page(this.#groups, PAGES.eks, command.input.nextToken);
      return { nodegroups: entries, nextToken: next };
    }
    if (command instanceof DescribeClusterCommand)
      return { cluster: { name: command.input.name, status: 'ACTIVE', version: PAIR.kubernetesVersion, tags: {} } };
    if (command instanceof DescribeNodegroupCommand) {
      const { clusterName = '', nodegroupName = '' } = command.input;
      const isUpdating = this.#updating.has(`${clusterName}/${nodegroupName}`);
      return { nodegroup: { ...nodegroup(clusterName, nodegroupName), ...(isUpdating && { status: 'UPDATING' }) } };
    }
    if (command instanceof UpdateNodegroupVersionCommand) {
      const { clusterName, nodegroupName } = command.input;
      this.#updating.add(`${clusterName}/${nodegroupName}`);
      return { update: { id: `u-${this.#updating.size}` }, $metadata: {} };
    }
    if (command instanceof DescribeUpdateCommand)
      return { update: { id: command.input.updateId, type: 'VersionUpdate', status: 'InProgress' } };
    if (command instanceof GetParametersCommand)
      return { Parameters: command.input.Names?.map((Name) => ({ Name, Value: RELEASE })) };
    if (command instanceof DescribeAutoScalingGroupsCommand) {
      const names = command.input.AutoScalingGroupNames ?? [];
      const members = (name: string) =>
        instancesOf(name).map((InstanceId) => ({ InstanceId, LifecycleState: 'InService' }));
      return { AutoScalingGroups: names.map((name) => ({ AutoScalingGroupName: name, Instances: members(name) })) };
    }
    if (command instanceof DescribeInstanceImageMetadataCommand) {
      const { entries, next } = page(this.#instances(), PAGES.images, command.input.NextToken);
      const ImageMetadata = { Name: imageNameOf(OLDER), ImageId: 'ami-0123456789abcdef0' };
      return { InstanceImageMetadata: entries.map((InstanceId) => ({ InstanceId, ImageMetadata })), NextToken: next };
    }
    return this.#answerFromLedger(command);
  }

  #answerFromLedger(command: object): object {
    if (command instanceof GetCommand) return { Item: this.#get(command.input.Key) };
    if (command instanceof BatchGetCommand) {
      const keys = command.input.RequestItems?.[TABLE]?.Keys ?? [];
      return { Responses: { [TABLE]: keys.map(this.#get).filter((item) => item !== undefined) } };
    }
    if (command instanceof QueryCommand) {
      const { ExpressionAttributeValues, ExclusiveStartKey } = command.input;
      const items = [...(this.#items.get(String(ExpressionAttributeValues?.[':pk']))?.values() ?? [])];
      const { entries, next } = page(items, PAGES.items, ExclusiveStartKey?.place);
      return { Items: entries, ...(next !== undefined && { LastEvaluatedKey: { place: next } }) };
    }
    if (command instanceof PutCommand) {
      this.#put(command.input.Item);
      return {};
    }
    throw new Error(`No answer is known to ${command.constructor.name}.`);
  }

  #get = (key: Readonly<Record<string, unknown>> = {}): object | undefined =>
    this.#items.get(String(key.pk))?.get(String(key.sk));

  #put(item: Readonly<Record<string, unknown>> = {}): void {
    const { pk, sk } = item;
    const items = this.#items.get(String(pk)) ?? new Map<string, object>();
    this.#items.set(String(pk), items.set(String(sk), item));
  }

  #instances = (): string[] =>
    this.#clusters.flatMap((cluster) => this.#groups.flatMap((group) => instancesOf(`${cluster}-${group}`)));
}

function page<Entry>(all: readonly Entry[], size: number, from: unknown) {
  const start = Number(from ?? 0);
  const end = start + size;
  return { entries: all.slice(start, end), next: end < all.length ? String(end) : undefined };
}

const instancesOf = (scalingGroup: string): string[] =>
  Array.from({ length: NODES_PER_GROUP }, (_, index) => `i-${scalingGroup}-${index}`);

const nodegroup = (clusterName: string, nodegroupName: string): Nodegroup => ({
  clusterName,
  nodegroupName,
  nodegroupArn: `arn:aws:eks:${REGION}:${ACCOUNT}:nodegroup/${clusterName}/${nodegroupName}/1`,
  version: PAIR.kubernetesVersion,
  releaseVersion: OLDER,
  amiType: PAIR.amiType,
  status: 'ACTIVE',
  tags: { team: 'a' },
  scalingConfig: { desiredSize: NODES_PER_GROUP },
  resources: { autoScalingGroups: [{ name: `${clusterName}-${nodegroupName}` }] },
});
