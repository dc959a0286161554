import { isDeepStrictEqual } from 'node:util';
import type { NodeClassState } from '../shared/ledger/node-class-ledger.ts';
import { iso } from '../shared/runtime/clock.ts';
import type { ClassView } from './node-class.ts';

/**
 * Says that somebody gave a class the very AMI terms back that it had before it was pinned here; undefined where nobody
 * did. A tool that keeps the class may leave no mark of its own on it (`kubectl replace` and `edit` in a pipeline,
 * Ansible, an operator of one's own), and would do so again after each pin. A pin that the cluster may never have taken
 * says nothing. A pure function.
 */
export function setBackInWords(
  { name, terms }: Pick<ClassView, 'name' | 'terms'>,
  { made }: Pick<NodeClassState, 'made'>,
): string | undefined {
  if (made?.isTaken !== true || !isDeepStrictEqual(terms, made.from)) return undefined;
  return `${name} was pinned to ${made.alias} at ${iso(made.at)}, and somebody has given it its former AMI terms back: it is not pinned again.`;
}
