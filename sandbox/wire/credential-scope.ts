import type { IncomingHttpHeaders } from 'node:http';

/** The signer of a request, and the service it is signed for. */
export interface CredentialScope {
  readonly accessKeyId: string;
  /** The service's signing name, such as `eks`. */
  readonly service: string;
}

/**
 * Parses `Credential=AKID/20260714/eu-central-1/eks/aws4_request` in a Signature Version 4 header; signatures are not
 * verified.
 */
export function credentialScope(headers: IncomingHttpHeaders): CredentialScope | undefined {
  const match = /Credential=([^/,\s]+)\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(headers.authorization ?? '');
  const [, accessKeyId, service] = match ?? [];
  return accessKeyId === undefined || service === undefined ? undefined : { accessKeyId, service };
}
