import type { Day, Invariant } from './invariant.ts';

const TAINT = 'eks-host-remediator/quarantine';
const MARK = 'karpenter.sh/do-not-disrupt';

/** A node as its cluster shows it. */
interface Node {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly providerID: string;
    readonly unschedulable?: boolean;
    readonly taints?: ReadonlyArray<{ readonly key: string }>;
  };
}

/** Nodes of workers in quarantine keep pods and Karpenter off, where the record says so, and those of released ones do not. */
export function cordons(day: Day): Invariant {
  const { account, records } = day.run;
  const { instances } = account.fleet;
  /** The last word on each worker, and whether its node was marked. */
  const words = new Map<string, { reason: string; isMarked: boolean }>();
  let read = 0;

  const remember = (): void => {
    for (const { remediation, instance, reason, details } of records.slice(read)) {
      if (remediation !== 'quarantine-workers' || instance === undefined) continue;
      const steps = JSON.stringify(details?.steps ?? '');
      const isMarked = reason === 'quarantined' ? steps.includes('"node":"done') : words.get(instance)?.isMarked;
      words.set(instance, { reason, isMarked: isMarked === true });
    }
    read = records.length;
  };

  const nodesOf = (cluster: string): Map<string, Node> =>
    new Map(
      (account.kubernetes.objects(cluster, 'nodes') as unknown as Node[]).map((node) => [
        node.spec.providerID.split('/').at(-1) ?? '',
        node,
      ]),
    );

  return {
    onTick() {
      remember();
      const told = [...words].filter(([, { isMarked }]) => isMarked);
      if (told.length === 0) return;
      const nodes = new Map<string, Map<string, Node>>();
      for (const [id, { reason }] of told) {
        const instance = instances.get(id);
        const cluster = instance?.kubernetes?.clusterName;
        if (cluster === undefined || instance?.state !== 'running') continue;
        if (!nodes.has(cluster)) nodes.set(cluster, nodesOf(cluster));
        const node = nodes.get(cluster)?.get(id);
        if (node === undefined) continue;
        const { spec, metadata } = node;
        const isTainted = spec.taints?.some(({ key }) => key === TAINT) === true;
        const isMarked = metadata.annotations?.[MARK] === 'true';
        if (reason === 'quarantined' && !(isTainted && isMarked && spec.unschedulable === true))
          day.breach('a node in quarantine is kept', `the node of ${id} lost its taint, mark or cordon`);
        if (reason === 'released' && (isTainted || isMarked || spec.unschedulable === true))
          day.breach('released to the former state', `the node of ${id} has a taint, mark or cordon of its quarantine`);
      }
    },
  };
}
