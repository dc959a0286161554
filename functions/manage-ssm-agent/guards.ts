import { guardOf as sharedGuardOf, type Verdict } from '../shared/policy/guards.ts';
import type { Circumstances } from './decision.ts';
import type { WorkerView } from './observation.ts';
import type { Policy } from './policy.ts';

/** Whether a worker is to be left alone. Without `owner`, what can be told without asking EKS. */
export const guardOf = (
  { cluster, tags, owner }: Pick<WorkerView, 'cluster' | 'tags' | 'owner'>,
  circumstances: Pick<Circumstances, 'policy' | 'account'>,
): Verdict<Policy> =>
  sharedGuardOf(
    {
      cluster,
      tags: { 'The instance': tags, 'Its cluster or node group': owner?.tags ?? {} },
      notAWorker: owner?.notAWorker,
      onlyClaims: owner?.onlyClaims,
      unreadable: owner?.unreadable,
    },
    circumstances,
    { modeIn: ({ ssmAgent }) => ssmAgent.mode, about: 'the SSM agent' },
  );
