import { type Circumstances, type Decision, say } from '../model/decision.ts';
import type { WorkerView } from '../model/observation.ts';

/**
 * Reports that another stack of this product has the worker in quarantine; undefined where none has. Two stacks that
 * isolate one worker would swap its security groups again and again, and restore each other's groups.
 */
export function heldByAnother(
  { heldBy }: WorkerView,
  { stackName }: Pick<Circumstances, 'stackName'>,
): Decision | undefined {
  const other = heldBy.find((stack) => stack !== stackName);
  return other === undefined
    ? undefined
    : say('refused', 'another-stack', `Stack ${other} of this product has it in quarantine.`, other);
}
