import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import type { Clients } from './clients.ts';

/** The account that the command works with, which is the account of its credentials. The call needs no right. */
export const accountOf = async ({ sts }: Pick<Clients, 'sts'>): Promise<string> =>
  (await sts.send(new GetCallerIdentityCommand({}))).Account ?? '';
