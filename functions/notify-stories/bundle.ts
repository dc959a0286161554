import type { News } from './incident.ts';

/** News of the same kind about several subjects of a cluster: one message. */
export interface Bundle {
  readonly first: News;
  /** All of them, the first among them. */
  readonly news: readonly News[];
}

/** Puts together what happened alike: a wave of workers with one trouble is one message, not a thousand. */
export function bundle(news: readonly News[]): Bundle[] {
  const groups = Map.groupBy(news, ({ phase, record: { remediation, decision, reason, cluster } }) =>
    JSON.stringify([phase, remediation, decision, reason, cluster]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ first, news: group }];
  });
}
