import type { NewsOfSubject } from './incident.ts';

/** News of the same kind about several subjects of a cluster: one message. */
export interface Bundle {
  readonly first: NewsOfSubject;
  /** All of them, the first among them. */
  readonly news: readonly NewsOfSubject[];
}

/** Puts together what happened alike: a wave of workers with one trouble is one message, not a thousand. */
export function bundle(news: readonly NewsOfSubject[]): Bundle[] {
  const groups = Map.groupBy(news, ({ phase, state, record: { remediation, decision, reason, cluster } }) =>
    JSON.stringify([phase, state, remediation, decision, reason, cluster]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ first, news: group }];
  });
}
