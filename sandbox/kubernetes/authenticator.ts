import { createHmac, hash } from 'node:crypto';
import type { Caller } from '../account/service.ts';
import { unauthorized } from './status-error.ts';

/** The caller, as Kubernetes knows it. */
export interface User {
  readonly username: string;
  readonly groups: readonly string[];
}

/** The holder of an access key, as IAM knows it. */
export interface Principal {
  readonly caller: Caller;
  /** ARN of the role itself, not of its session. */
  readonly arn: string;
  readonly secretAccessKey: string;
}

/**
 * The creator of the cluster, who is outside of the sandbox and has any credentials. Nothing about the token is
 * checked.
 */
export interface Outsider {
  readonly arn: string;
  readonly groups: readonly string[];
}

export interface AuthenticatorOptions {
  readonly clusterName: string;
  readonly region: string;
  /** Epoch ms, virtual. */
  now(): number;
  principalOf(accessKeyId: string): Principal | undefined;
  /** The user of connections from outside; absent: nobody. */
  outsider?(): Outsider | undefined;
  /** The cluster's access entry of a principal. */
  accessEntryOf(
    principalArn: string,
  ): { readonly username?: string | undefined; readonly kubernetesGroups?: readonly string[] | undefined } | undefined;
}

const PREFIX = 'k8s-aws-v1.';
/** How long EKS accepts a token after it was signed, whatever the token itself says. */
const TOKEN_LIFE_MS = 15 * 60_000;
const LONGEST_EXPIRES_S = 900;
const PARAMETERS = new Set([
  'Action',
  'Version',
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-Security-Token',
  'X-Amz-Signature',
  'X-Amz-SignedHeaders',
]);

/**
 * What EKS does with a bearer token: it checks the presigned URL in it, asks STS for the signer, and looks up the
 * access entry.
 */
export class Authenticator {
  readonly #options: AuthenticatorOptions;
  /** Signature Version 4 derives a key per secret, day, region and service, which callers use for many tokens. */
  readonly #signingKeys = new Map<string, Buffer>();

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /**
   * The holder of the access key that the token in an Authorization header names, whether or not the token is valid.
   */
  signerOf(authorization: string | undefined): Principal | undefined {
    const url = presignedUrl(authorization);
    const [accessKeyId = ''] = (url?.searchParams.get('X-Amz-Credential') ?? '').split('/');
    return this.#options.principalOf(accessKeyId);
  }

  /** @throws StatusError 401 for an invalid token, or without an access entry */
  authenticate(authorization: string | undefined): User {
    const url = presignedUrl(authorization);
    const signer = this.signerOf(authorization);
    if (url === undefined) throw unauthorized();
    if (signer === undefined) {
      const outsider = this.#options.outsider?.();
      const { searchParams: query } = url;
      const isSigned = query.get('Action') === 'GetCallerIdentity' && query.has('X-Amz-Signature');
      if (outsider === undefined || !isSigned || !namesHeader(query)) throw unauthorized();
      return { username: outsider.arn, groups: [...outsider.groups, 'system:authenticated'] };
    }
    if (!this.#isIdentityRequest(url) || !this.#isSignedWith(url, signer.secretAccessKey)) throw unauthorized();
    const entry = this.#options.accessEntryOf(signer.arn);
    if (entry === undefined) throw unauthorized();
    const { username = signer.arn, kubernetesGroups = [] } = entry;
    return {
      username: username.replace('{{SessionName}}', signer.caller.function),
      groups: [...kubernetesGroups, 'system:authenticated'],
    };
  }

  #isIdentityRequest({ protocol, host, pathname, searchParams: query }: URL): boolean {
    const { region, now } = this.#options;
    const expires = Number(query.get('X-Amz-Expires'));
    const age = now() - dateOf(query.get('X-Amz-Date') ?? '');
    return (
      protocol === 'https:' &&
      new RegExp(`^sts(\\.${region})?\\.amazonaws\\.(com(\\.cn)?|eu)$`).test(host) &&
      pathname === '/' &&
      [...query.keys()].every((name) => PARAMETERS.has(name)) &&
      query.get('Action') === 'GetCallerIdentity' &&
      namesHeader(query) &&
      Number.isInteger(expires) &&
      expires >= 0 &&
      expires <= LONGEST_EXPIRES_S &&
      age <= TOKEN_LIFE_MS
    );
  }

  /** Checks Signature Version 4, with this cluster's name in the signed header. */
  #isSignedWith({ host, searchParams }: URL, secretAccessKey: string): boolean {
    const query = new Map(searchParams);
    const signature = query.get('X-Amz-Signature');
    query.delete('X-Amz-Signature');
    const [, date = '', region = '', service = '', end = ''] = (query.get('X-Amz-Credential') ?? '').split('/');
    if (service !== 'sts') return false;
    const canonicalQuery = [...query]
      .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
      .sort()
      .join('&');
    const headers = `host:${host}\nx-k8s-aws-id:${this.#options.clusterName}\n`;
    const canonical = ['GET', '/', canonicalQuery, headers, query.get('X-Amz-SignedHeaders'), EMPTY_PAYLOAD].join('\n');
    const scope = [date, region, service, end].join('/');
    const toSign = ['AWS4-HMAC-SHA256', query.get('X-Amz-Date'), scope, sha256(canonical)].join('\n');
    return hmac(this.#signingKey(secretAccessKey, scope), toSign).toString('hex') === signature;
  }

  #signingKey(secretAccessKey: string, scope: string): Buffer {
    const name = `${secretAccessKey} ${scope}`;
    const known = this.#signingKeys.get(name);
    if (known !== undefined) return known;
    const [date = '', ...others] = scope.split('/');
    const key = others.reduce(hmac, hmac(`AWS4${secretAccessKey}`, date));
    this.#signingKeys.set(name, key);
    return key;
  }
}

const namesHeader = (query: URLSearchParams): boolean =>
  (query.get('X-Amz-SignedHeaders') ?? '').split(';').includes('x-k8s-aws-id');

/** The URL in the bearer token of an Authorization header. */
function presignedUrl(authorization: string | undefined): URL | undefined {
  const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1] ?? '';
  // Base64url without padding, and nothing else.
  if (!token.startsWith(PREFIX) || /[+/=]/.test(token)) return undefined;
  return URL.parse(Buffer.from(token.slice(PREFIX.length), 'base64url').toString()) ?? undefined;
}

/** `20260714T060000Z` as epoch ms; NaN for anything else. */
const dateOf = (text: string): number =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));

const sha256 = (text: string): string => hash('sha256', text);
const EMPTY_PAYLOAD = sha256('');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** Encodes like SigV4: everything except unreserved characters. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
