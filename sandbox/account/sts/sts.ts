import {
  GetCallerIdentity$,
  type GetCallerIdentityCommandInput,
  type GetCallerIdentityCommandOutput,
} from '@aws-sdk/client-sts';
import { type Caller, operation, type Service } from '../service.ts';
import type { World } from '../world.ts';

/** The ARN of a caller: an operator's user, or the session of a function's role. */
export const callerArn = ({ accountId, partition }: World, { function: name, roleLogicalId }: Caller): string =>
  roleLogicalId === undefined
    ? `arn:${partition}:iam::${accountId}:user/${name}`
    : `arn:${partition}:sts::${accountId}:assumed-role/${roleLogicalId}/${name}`;

/** AWS STS, limited to telling a caller who it is. */
export function createSts(world: World): Service {
  return {
    signingName: 'sts',
    iamPrefix: 'sts',
    protocol: 'query',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    operations: {
      GetCallerIdentity: operation<GetCallerIdentityCommandInput, GetCallerIdentityCommandOutput>(
        GetCallerIdentity$,
        [],
        (_input, { caller }) => ({
          Account: world.accountId,
          Arn: callerArn(world, caller),
          UserId:
            caller.roleLogicalId === undefined ? 'AIDASANDBOXOPERATOR00' : `AROASANDBOXFUNCTION00:${caller.function}`,
        }),
        // Everyone may make this call, whatever the policies say, so IAM is not evaluated.
        () => [],
      ),
    },
  };
}
