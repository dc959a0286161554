import { guardOfWorker, type Verdict } from '../shared/policy/guards.ts';
import { placeOfWorker, policyAt } from '../shared/policy/policy-at.ts';
import type { Circumstances } from './decision.ts';
import type { WorkerView } from './observation.ts';
import { type Policy, READS } from './policy.ts';

/** The same circumstances with the policy that holds where the worker is. */
export const circumstancesOf = (
  view: Pick<WorkerView, 'cluster' | 'nodegroup' | 'ownership' | 'owner'>,
  circumstances: Circumstances,
): Circumstances => ({
  ...circumstances,
  policy: policyAt(circumstances.policy, placeOfWorker(view, view.owner), READS),
});

/** Whether a worker is to be left alone. Without `owner`, it applies only the guards that need no call to EKS. */
export const guardOf = (
  worker: Pick<WorkerView, 'cluster' | 'tags' | 'owner'>,
  circumstances: Pick<Circumstances, 'policy' | 'account'>,
): Verdict<Policy> =>
  guardOfWorker(worker, circumstances, { modeIn: ({ ssmAgent }) => ssmAgent.mode, about: 'the SSM agent' });
