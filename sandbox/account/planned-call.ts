import type { Call } from '../wire/account-server.ts';

/** What the plan of faults and refusals needs to know of a call. */
export type PlannedCall = Pick<Call, 'caller'> &
  Partial<Pick<Call, 'operation' | 'input'>> & { readonly service: Pick<Call['service'], 'signingName'> };
