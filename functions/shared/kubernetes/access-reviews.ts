import { type HttpLibrary, RequestContext } from '@kubernetes/client-node';

/** An access that RBAC can grant, in the API server's words. */
export interface WantedAccess {
  readonly verb: string;
  /** Empty: the core group. */
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
}

/**
 * Those of the accesses, in all namespaces, that the caller lacks, such as `create pods/eviction`; asked side by side.
 * Every authenticated user may ask this about itself. The generated class for it would add 4 kB to the client for this
 * one call. Source: Kubernetes, "Authorization", Checking API access; "Using RBAC Authorization", `system:basic-user`.
 *
 * @param endpoint of the API server, without a slash at its end
 */
export async function lackingAccess(
  http: HttpLibrary,
  endpoint: string,
  wanted: readonly WantedAccess[],
): Promise<string[]> {
  const review = async (access: WantedAccess): Promise<boolean> => {
    const request = new RequestContext(`${endpoint}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`, 'POST');
    request.setHeaderParam('Content-Type', 'application/json');
    request.setBody(
      JSON.stringify({
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: access },
      }),
    );
    const response = await http.send(request).toPromise();
    return isAllowed(await response.body.text());
  };
  const allowed = await Promise.all(wanted.map(review));
  return wanted.flatMap(({ verb, resource, subresource }, index) =>
    allowed[index] ? [] : [`${verb} ${subresource === undefined ? resource : `${resource}/${subresource}`}`],
  );
}

function isAllowed(review: string): boolean {
  try {
    return (JSON.parse(review) as { readonly status?: { readonly allowed?: unknown } }).status?.allowed === true;
  } catch {
    // A proxy in between may answer in its own format: doubt means no.
    return false;
  }
}
