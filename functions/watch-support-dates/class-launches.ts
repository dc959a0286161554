import { classNameOf } from '../shared/fleet/node-class-name.ts';
import type { NodeClassState } from '../shared/ledger/node-class-ledger.ts';
import { keyOf } from '../shared/ledger/node-group-key.ts';
import type { GroupLaunches } from './group-launches.ts';

/**
 * What Karpenter launches the next nodes of a cluster's EC2NodeClasses from, as `steer-node-classes` last saw it in the
 * cluster; a pure function. Only classes whose user data embeds certificates, or did, are remembered. Karpenter replaces
 * the nodes of a class whose user data is changed (Karpenter documentation, "Drift"), so that no node has to be told.
 *
 * @param states of the node classes of all clusters, by `subjectOf`
 */
export const classLaunches = (states: ReadonlyMap<string, NodeClassState>, cluster: string): GroupLaunches[] =>
  [...states].flatMap(([subject, { userData, codeOwner }]) => {
    const key = keyOf(subject);
    const name = classNameOf(key.nodegroup);
    if (key.cluster !== cluster || name === undefined || userData === undefined) return [];
    const source = {
      kind: 'node-class' as const,
      name: `EC2NodeClass ${name}`,
      id: name,
      details: { nodeClass: name },
      ...(codeOwner !== undefined && { codeOwner }),
      userData,
    };
    return [{ ...key, sources: [source] }];
  });
