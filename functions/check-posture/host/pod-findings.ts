import type { ContainerSecurity, PodSecurity } from '../../shared/kubernetes/pod-security.ts';

/** Types of processes that nothing confines (container-selinux; bottlerocket-core-kit, packages/selinux-policy). */
export const UNCONFINED: ReadonlySet<string> = new Set([
  'spc_t',
  'unconfined_t',
  'unconfined_service_t',
  'super_t',
  'control_t',
]);

/** Whether a level reaches all others: it has no categories, or all that there are. */
export const reachesAll = (level: string): boolean => /^(s0(-s0)?|(s0-)?s0:c0\.c1023)$/.test(level);

/** How many places one line of evidence names. The rest are counted. */
const MOST_NAMES = 8;

interface Named extends ContainerSecurity {
  /** `namespace/pod (container)`. */
  readonly place: string;
  readonly owner: string;
}

const named = (pods: readonly PodSecurity[]): Named[] =>
  pods.flatMap(({ namespace, name, owner, containers }) =>
    containers.map((container) => ({ ...container, owner, place: `${namespace}/${name} (${container.name})` })),
  );

const listed = (places: readonly string[]): string => {
  const rest = places.length - MOST_NAMES;
  return `${places.slice(0, MOST_NAMES).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
};

const line = (containers: readonly Named[], what: string): string[] =>
  containers.length === 0 ? [] : [`${what}: ${listed(containers.map(({ place }) => place))}`];

/** What containers ask for that leaves them unconfined, with their places. */
export function looseIn(pods: readonly PodSecurity[], { hasAppArmor }: { readonly hasAppArmor: boolean }): string[] {
  const all = named(pods);
  const byType = Map.groupBy(
    all.filter(({ seLinuxType = '' }) => UNCONFINED.has(seLinuxType)),
    ({ seLinuxType = '' }) => seLinuxType,
  );
  return [
    ...line(
      all.filter(({ privileged }) => privileged),
      'privileged',
    ),
    ...[...byType].flatMap(([type, asking]) => line(asking, `ask for ${type}`)),
    ...(hasAppArmor
      ? line(
          all.filter(({ isUnconfinedByAppArmor }) => isUnconfinedByAppArmor),
          'unconfined by AppArmor',
        )
      : []),
  ];
}

/** Levels set by hand that separate nobody: without categories, or the same for different owners. */
export function sharedLevelsIn(pods: readonly PodSecurity[]): string[] {
  const byLevel = Map.groupBy(
    named(pods).filter(({ seLinuxLevel }) => seLinuxLevel !== undefined),
    ({ seLinuxLevel = '' }) => seLinuxLevel,
  );
  return [...byLevel].flatMap(([level, asking]) => {
    if (reachesAll(level)) return line(asking, `ask for the level ${level}, which reaches all others`);
    return new Set(asking.map(({ owner }) => owner)).size > 1 ? line(asking, `share the level ${level} by hand`) : [];
  });
}

/** Containers that ask for SELinux options, with their places. */
export const askingForLabels = (pods: readonly PodSecurity[]): string[] =>
  line(
    named(pods).filter(({ asksForLabel }) => asksForLabel),
    'seLinuxOptions',
  );
