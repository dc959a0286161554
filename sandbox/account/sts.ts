import {
  GetCallerIdentity$,
  type GetCallerIdentityCommandInput,
  type GetCallerIdentityCommandOutput,
} from '@aws-sdk/client-sts';
import { operation, type Service } from './service.ts';
import type { World } from './world.ts';

/** AWS STS, as far as telling a caller who it is. */
export function createSts({ accountId, partition }: World): Service {
  return {
    signingName: 'sts',
    iamPrefix: 'sts',
    protocol: 'query',
    xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/',
    operations: {
      GetCallerIdentity: operation<GetCallerIdentityCommandInput, GetCallerIdentityCommandOutput>(
        GetCallerIdentity$,
        [],
        (_input, { caller }) =>
          caller.roleLogicalId === undefined
            ? {
                Account: accountId,
                Arn: `arn:${partition}:iam::${accountId}:user/${caller.function}`,
                UserId: 'AIDASANDBOXOPERATOR00',
              }
            : {
                Account: accountId,
                Arn: `arn:${partition}:sts::${accountId}:assumed-role/${caller.roleLogicalId}/${caller.function}`,
                UserId: `AROASANDBOXFUNCTION00:${caller.function}`,
              },
        // Everyone may ask this, whatever the policies say, so IAM is asked for nothing.
        () => [],
      ),
    },
  };
}
