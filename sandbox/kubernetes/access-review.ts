import type { IncomingHttpHeaders } from 'node:http';
import { jsonOf, type RbacRequest } from './api-request.ts';
import type { User } from './authenticator.ts';
import { isJson, type Json } from './json.ts';
import { MASTERS, type Rbac } from './rbac.ts';
import { badRequest, StatusError } from './status-error.ts';

export const ACCESS_REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';

/**
 * The user that a request acts as: the caller, or the user whom the caller impersonates. Source: Kubernetes,
 * "Authenticating", User impersonation.
 * @throws StatusError 403 for callers who may not impersonate; only administrators may
 */
export function impersonated(user: User, headers: IncomingHttpHeaders): User {
  const username = headers['impersonate-user'];
  if (typeof username !== 'string') return user;
  if (!user.groups.includes(MASTERS)) {
    const message = `users "${username}" is forbidden: User "${user.username}" cannot impersonate resource "users" in API group "" at the cluster scope`;
    throw new StatusError(403, 'Forbidden', message, { name: username, kind: 'users' });
  }
  // Node joins repeated headers by commas.
  const groups = headers['impersonate-group'];
  const named = [groups ?? []].flat().flatMap((value) => value.split(',').map((group) => group.trim()));
  return { username, groups: [...named, 'system:authenticated'] };
}

/** Answers `kubectl auth can-i`. @throws StatusError 400 for a review that names no resource */
export function review(rbac: Rbac, user: User, body: string): Json {
  const asked = jsonOf(body);
  const spec = isJson(asked) && isJson(asked.spec) ? asked.spec : {};
  const attributes = spec.resourceAttributes;
  if (!isJson(attributes)) throw badRequest('spec.resourceAttributes: the sandbox reviews access to resources only');
  const member = (name: string) => (typeof attributes[name] === 'string' ? attributes[name] : '');
  const subresource = member('subresource');
  const request: RbacRequest = {
    verb: member('verb') as RbacRequest['verb'],
    apiGroup: member('group'),
    resource: subresource === '' ? member('resource') : `${member('resource')}/${subresource}`,
    ...(member('namespace') !== '' && { namespace: member('namespace') }),
    ...(member('name') !== '' && { name: member('name') }),
  };
  return {
    kind: 'SelfSubjectAccessReview',
    apiVersion: 'authorization.k8s.io/v1',
    metadata: {},
    spec,
    status: { allowed: rbac.allows(user, request) },
  };
}
