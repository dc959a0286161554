import { parsePolicy } from '../policy-document.ts';
import { isInvalid } from '../shared/policy/policy.ts';
import type { Policy } from './policy.ts';

/** Makes a policy from a document, which must be valid. */
export function policyOf(document: object = {}): Policy {
  const policy = parsePolicy(JSON.stringify(document), 'enforce');
  if (isInvalid(policy)) throw new Error(policy.error);
  return policy;
}
