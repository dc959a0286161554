import { matchesWildcard } from '../text/wildcard.ts';
import { type Statement, statementsOf } from './policy-statements.ts';

/**
 * Whether a role's trust policy may let EC2 give an instance its credentials. Only a policy that can be read, and whose
 * statements name neither EC2 nor everybody, is a no ("AssumeRoleUnauthorizedAccess" in `iam/info` of the instance's
 * metadata: IAM user guide, "Troubleshoot IAM and Amazon EC2").
 */
export const mayTrustEc2 = (document: string): boolean => mayTrust(document, EC2);

/** Whether a role's trust policy may let Systems Manager give agents its credentials, as Default Host Management does. */
export const mayTrustSystemsManager = (document: string): boolean => mayTrust(document, SYSTEMS_MANAGER);

/** In China the principal may end in `.cn`. */
const [EC2, SYSTEMS_MANAGER] = [/^ec2\.amazonaws\./, /^ssm\.amazonaws\./];

function mayTrust(document: string, service: RegExp): boolean {
  const statements = statementsOf(document);
  return statements === undefined || statements.some((one) => mayName(one, service));
}

function mayName({ Effect, Principal, NotPrincipal, Action = ['*'] }: Statement, wanted: RegExp): boolean {
  if (Effect !== 'Allow' || !Action.some((one) => matchesWildcard(one.toLowerCase(), 'sts:assumerole', '?')))
    return false;
  if (NotPrincipal !== undefined || Principal === undefined || Principal === '*') return true;
  const named = Object.values(Principal).flat();
  return named.includes('*') || (Principal.Service ?? []).some((service) => wanted.test(service));
}
