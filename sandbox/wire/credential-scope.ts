import type { IncomingHttpHeaders } from 'node:http';

/** Who signed a request, and for which service. */
export interface CredentialScope {
  readonly accessKeyId: string;
  /** The service's signing name, for example `eks`. */
  readonly service: string;
}

/** Reads `Credential=AKID/20260714/eu-central-1/eks/aws4_request` of a Signature Version 4 header; signatures are not verified. */
export function credentialScope(headers: IncomingHttpHeaders): CredentialScope | undefined {
  const match = /Credential=([^/,\s]+)\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(headers.authorization ?? '');
  const [, accessKeyId, service] = match ?? [];
  return accessKeyId === undefined || service === undefined ? undefined : { accessKeyId, service };
}
