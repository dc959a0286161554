import type { AccessEntry } from '@aws-sdk/client-eks';
import { AwsError } from '../../wire/aws-error.ts';
import { byText } from '../pagination.ts';
import type { World } from '../world.ts';
import type { EksCluster } from './cluster.ts';
import type { EksState } from './state.ts';

const ACCESS_ENTRY_TYPES = ['STANDARD', 'EC2_LINUX', 'EC2_WINDOWS', 'FARGATE_LINUX', 'HYBRID_LINUX'] as const;

/** The input for an access entry. */
export interface AccessEntryRequest {
  readonly principalArn: string;
  readonly kubernetesGroups?: readonly string[] | undefined;
  readonly type?: string | undefined;
  readonly username?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /**
   * A repeated request with the same token is answered like the first; the AWS CLI and boto3 send a token by
   * themselves.
   */
  readonly clientRequestToken?: string | undefined;
}

type KnownEntry = AccessEntry & { readonly principalArn: string; readonly accessEntryArn: string };

/** The access entries of the account's clusters: which IAM principals their Kubernetes APIs know, and as what. */
export class AccessEntries {
  readonly #world: World;
  readonly #state: EksState;
  readonly #random: World['random'];
  readonly #byCluster = new Map<string, Map<string, KnownEntry>>();
  /** Earlier requests with a token, and their results. */
  readonly #byToken = new Map<string, { readonly request: string; readonly entry: KnownEntry }>();

  constructor(world: World, state: EksState) {
    this.#world = world;
    this.#state = state;
    this.#random = world.random.fork('eks-access-entries');
  }

  /**
   * The entry by which a cluster's Kubernetes API knows a principal; undefined when there is none, or when the cluster
   * does not use access entries (`authenticationMode` CONFIG_MAP).
   *
   * @param principalArn of the role itself (`arn:aws:iam::…:role/NAME`), not of its session
   */
  accessEntryOf(clusterName: string, principalArn: string): KnownEntry | undefined {
    const cluster = this.#state.clusters.get(clusterName);
    if (cluster === undefined || cluster.authenticationMode === 'CONFIG_MAP') return undefined;
    return this.#byCluster.get(clusterName)?.get(principalArn);
  }

  /**
   * The entries of a cluster by principal.
   * @throws InvalidRequestException when the cluster does not use access entries
   */
  list(cluster: EksCluster): KnownEntry[] {
    this.#refuseConfigMap(cluster);
    return [...(this.#byCluster.get(cluster.name)?.values() ?? [])].sort(byText(({ principalArn }) => principalArn));
  }

  /** @throws InvalidRequestException, ResourceNotFoundException */
  get(cluster: EksCluster, principalArn: string): KnownEntry {
    this.#refuseConfigMap(cluster);
    const entry = this.#byCluster.get(cluster.name)?.get(principalArn);
    if (entry !== undefined) return entry;
    const message = `The specified principalArn could not be found. You can view your available access entries with 'list-access-entries'.`;
    throw new AwsError('ResourceNotFoundException', message, 404, { clusterName: cluster.name });
  }

  /** @throws InvalidRequestException, InvalidParameterException, ResourceInUseException */
  create(cluster: EksCluster, request: AccessEntryRequest): KnownEntry {
    this.#refuseConfigMap(cluster);
    const { principalArn, kubernetesGroups = [], type = 'STANDARD', clientRequestToken = '' } = request;
    const invalid = (message: string) =>
      new AwsError('InvalidParameterException', message, 400, { clusterName: cluster.name });
    const asked = JSON.stringify([cluster.name, request]);
    const earlier = this.#byToken.get(clientRequestToken);
    if (earlier?.request === asked) return earlier.entry;
    if (earlier !== undefined) throw invalid('The clientRequestToken was used for another request.');
    const principal = /^arn:[^:]+:iam::(\d{12}):(role|user)\/(?:.*\/)?([^/]+)$/.exec(principalArn);
    if (principal === null) throw invalid('The specified principalArn is invalid: invalid principal.');
    if (!ACCESS_ENTRY_TYPES.some((known) => known === type)) throw invalid(`The type ${type} is invalid.`);
    if (kubernetesGroups.some((group) => /^(system|eks|aws|amazon|iam):/.test(group))) {
      throw invalid('The kubernetes group name cannot start with: system:, eks:, aws:, amazon:, iam:');
    }
    if (type !== 'STANDARD' && kubernetesGroups.length > 0) {
      throw invalid(`You can't specify kubernetesGroups for an access entry of type ${type}.`);
    }
    const entries = this.#byCluster.get(cluster.name) ?? new Map<string, KnownEntry>();
    if (entries.has(principalArn)) {
      const message = 'The specified access entry resource is already in use on this cluster.';
      throw new AwsError('ResourceInUseException', message, 409, { clusterName: cluster.name });
    }
    const [, account, kind, name] = principal;
    const now = new Date(this.#world.time.now);
    const entry: KnownEntry = {
      clusterName: cluster.name,
      principalArn,
      kubernetesGroups: type === 'STANDARD' ? [...kubernetesGroups] : ['system:nodes'],
      accessEntryArn: this.#arn(cluster.name, principalArn, this.#random.uuid()),
      createdAt: now,
      modifiedAt: now,
      tags: { ...request.tags },
      username: request.username ?? usernameOf(kind ?? '', account ?? '', name ?? '', principalArn, type),
      type,
    };
    this.#byCluster.set(cluster.name, entries.set(principalArn, entry));
    if (clientRequestToken !== '') this.#byToken.set(clientRequestToken, { request: asked, entry });
    return entry;
  }

  /** The ARN that IAM evaluates. It ends in an id that only the entry has, so a missing entry gets an invented one. */
  arnOf(clusterName: string, principalArn: string): string {
    return (
      this.#byCluster.get(clusterName)?.get(principalArn)?.accessEntryArn ??
      this.#arn(clusterName, principalArn, '00000000-0000-0000-0000-000000000000')
    );
  }

  #arn(clusterName: string, principalArn: string, id: string): string {
    const { partition, region, accountId } = this.#world;
    const [, , , , account, principal = ''] = principalArn.split(':');
    const [kind, name] = [principal.split('/')[0], principal.slice(principal.lastIndexOf('/') + 1)];
    return `arn:${partition}:eks:${region}:${accountId}:access-entry/${clusterName}/${kind}/${account}/${name}/${id}`;
  }

  #refuseConfigMap(cluster: EksCluster): void {
    if (cluster.authenticationMode !== 'CONFIG_MAP') return;
    const message = `The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.`;
    throw new AwsError('InvalidRequestException', message, 400, { clusterName: cluster.name });
  }
}

/** The default Kubernetes user name that EKS assigns. */
function usernameOf(kind: string, account: string, name: string, principalArn: string, type: string): string {
  if (type !== 'STANDARD') return 'system:node:{{EC2PrivateDNSName}}';
  const partition = principalArn.split(':')[1];
  return kind === 'role' ? `arn:${partition}:sts::${account}:assumed-role/${name}/{{SessionName}}` : principalArn;
}
