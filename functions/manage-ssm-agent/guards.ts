import { guardOfWorker, type Verdict } from '../shared/policy/guards.ts';
import type { Circumstances } from './decision.ts';
import type { WorkerView } from './observation.ts';
import type { Policy } from './policy.ts';

/** Whether a worker is to be left alone. Without `owner`, it applies only the guards that need no call to EKS. */
export const guardOf = (
  worker: Pick<WorkerView, 'cluster' | 'tags' | 'owner'>,
  circumstances: Pick<Circumstances, 'policy' | 'account'>,
): Verdict<Policy> =>
  guardOfWorker(worker, circumstances, { modeIn: ({ ssmAgent }) => ssmAgent.mode, about: 'the SSM agent' });
