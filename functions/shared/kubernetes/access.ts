import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types';
import type { Clock } from '../runtime/clock.ts';
import { dnsSuffixOf } from '../runtime/partition.ts';
import type { KubernetesClient } from './client.ts';
import type { ClusterAccess } from './cluster-access.ts';

export interface TokenOptions {
  readonly cluster: string;
  readonly region: string;
  /** The credentials to sign with, such as an SDK client's own `config.credentials`. */
  readonly credentials: AwsCredentialIdentity | AwsCredentialIdentityProvider;
  readonly clock: Clock;
}

/**
 * The bearer token that EKS accepts: `k8s-aws-v1.` and a presigned STS `GetCallerIdentity` that the cluster sends in
 * the caller's name. The cluster's name is signed as a header, so a token is valid for no other cluster. It is valid
 * for 15 minutes; EKS ignores the 60 seconds of `X-Amz-Expires`, which its own clients send too.
 *
 * @see https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
 */
export async function clusterToken({ cluster, region, credentials, clock }: TokenOptions): Promise<string> {
  const hostname = `sts.${region}.${dnsSuffixOf(region)}`;
  const signer = new SignatureV4({ service: 'sts', region, credentials, sha256: Sha256 });
  const request = {
    method: 'GET',
    protocol: 'https:',
    hostname,
    path: '/',
    query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
    headers: { host: hostname, 'x-k8s-aws-id': cluster },
  };
  const { query = {} } = await signer.presign(request, { expiresIn: 60, signingDate: new Date(clock.now()) });
  const url = new URL(`https://${hostname}/`);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  return `k8s-aws-v1.${Buffer.from(url.href).toString('base64url')}`;
}

/** Opens a cluster's Kubernetes API. The client is 1 MB of code, so it is only loaded here, when it is needed. */
export async function openKubernetes(access: ClusterAccess): Promise<KubernetesClient> {
  const { createKubernetesClient } = await import('./client.ts');
  return createKubernetesClient(access);
}
