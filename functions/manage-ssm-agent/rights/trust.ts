import { matchesWildcard } from '../../shared/text/wildcard.ts';
import { type Statement, statementsOf } from './policy-statements.ts';

/**
 * Whether a role's trust policy may let EC2 give an instance its credentials. Only a policy that can be read, and whose
 * statements name neither EC2 nor everybody, is a no ("AssumeRoleUnauthorizedAccess" in `iam/info` of the instance's
 * metadata: IAM user guide, "Troubleshoot IAM and Amazon EC2").
 */
export function mayTrustEc2(document: string): boolean {
  const statements = statementsOf(document);
  return statements === undefined || statements.some(mayName);
}

/** In China the principal may end in `.cn`. */
const EC2 = /^ec2\.amazonaws\./;

function mayName({ Effect, Principal, NotPrincipal, Action = ['*'] }: Statement): boolean {
  if (Effect !== 'Allow' || !Action.some((one) => matchesWildcard(one.toLowerCase(), 'sts:assumerole', '?')))
    return false;
  if (NotPrincipal !== undefined || Principal === undefined || Principal === '*') return true;
  const named = Object.values(Principal).flat();
  return named.includes('*') || (Principal.Service ?? []).some((service) => EC2.test(service));
}
