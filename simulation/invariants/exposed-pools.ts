import type { Day, Invariant } from './invariant.ts';

/** Karpenter does to a worker that is isolated, or was released, only what its mark does not hold off. */
export function exposedPools(day: Day): Invariant {
  const { account, records } = day.run;
  let seen = 0;

  /** Whether the record of its isolation says that its node was marked: nothing else keeps Karpenter off. */
  const wasMarked = (id: string): boolean =>
    records.some(
      ({ instance, details }) => instance === id && JSON.stringify(details?.steps ?? '').includes('"node":"done'),
    );

  return {
    onTick() {
      const all = [...account.fleet.karpenter.values()].flatMap(({ replaced }) => replaced);
      const told = (id: string, reason: string, by: number) =>
        records.find((each) => each.instance === id && each.reason === reason && Date.parse(each.time) <= by);
      for (const { id, why, at } of all.slice(seen)) {
        if (why !== 'SecurityGroupDrift' || !wasMarked(id)) continue;
        const released = told(id, 'released', at);
        if (released !== undefined) {
          const since = `at ${new Date(at).toISOString()}, after it was released at ${released.time}`;
          day.breach('a released worker stays', `Karpenter replaced ${id} for its security groups ${since}`);
        }
      }
      seen = all.length;
    },
  };
}
