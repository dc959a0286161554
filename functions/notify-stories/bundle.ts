import type { NewsOfSubject } from './incident.ts';

/** News of one kind about subjects of one cluster, sent as one message. */
export interface Bundle {
  readonly first: NewsOfSubject;
  /** All news of the bundle, including `first`. */
  readonly news: readonly NewsOfSubject[];
}

/** Groups similar news, so that a wave of workers with the same problem is one message and not a thousand. */
export function bundle(news: readonly NewsOfSubject[]): Bundle[] {
  const groups = Map.groupBy(news, ({ phase, state, record: { remediation, decision, reason, cluster } }) =>
    JSON.stringify([phase, state, remediation, decision, reason, cluster]),
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ first, news: group }];
  });
}
