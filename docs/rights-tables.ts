import * as z from 'zod';
import { REMEDIATIONS } from '../functions/remediations.ts';
import type { Right } from '../functions/shared/declaration/right.ts';
import { rbacManifest } from '../kubernetes/rbac.ts';
import { markdownTable } from './markdown-table.ts';

/** Names of AWS's actions that read. `StartQuery` runs a query of Logs Insights. */
const READS = /:(?:BatchGet|Describe|Get|List|Search|Simulate|StartQuery)/;

/** A table of what each function may change in AWS, besides its own log, queue, ledger and wake-ups. */
export function changesInAws(): string {
  const rows = REMEDIATIONS.map(({ name, rights }: { name: string; rights: readonly Right[] }) => {
    const changes = rights.flatMap(({ actions, unlessOff }) =>
      actions.filter((action) => !READS.test(action)).map((action) => [action, unlessOff ?? ''] as const),
    );
    const settings = [...Map.groupBy(changes, ([, setting]) => setting)].map(([setting, same]) => {
      const named = [...new Set(same.map(([action]) => `\`${action}\``))].toSorted().join(', ');
      return setting === '' ? named : `unless \`${setting}\` is off: ${named}`;
    });
    return [`\`${name}\``, settings.toSorted().join('; ') || 'nothing'];
  });
  return markdownTable(['function', 'may change in AWS'], rows);
}

const rules = z.array(
  z.looseObject({
    resources: z.array(z.string()),
    verbs: z.array(z.string()),
    resourceNames: z.array(z.string()).optional(),
  }),
);
const roleWithRules = z.looseObject({ rules });
const subjects = z.array(z.looseObject({ name: z.string() }));

/** A table of what each Kubernetes group may do in a cluster, also what is granted only where it is wanted. */
export function rightsInClusters(): string {
  const granted = rightsOf(rbacManifest({ evictions: true, drains: true, nodeClasses: true }));
  const always = new Set(rightsOf(rbacManifest()).map((right) => JSON.stringify(right)));
  const rows = [...Map.groupBy(granted, ({ group }) => group)].map(([group, ofGroup]) => {
    const kinds = Map.groupBy(ofGroup, (right) => always.has(JSON.stringify(right)));
    const texts = [...kinds].map(([isAlways, same]) => `${isAlways ? '' : 'where it is wanted: '}${phraseOf(same)}`);
    return [`\`${group}\``, texts.join('; ')];
  });
  return markdownTable(['group', 'may do in a cluster'], rows);
}

interface ClusterRight {
  readonly group: string;
  readonly verb: string;
  /** What the verb is granted on, with its name where only one object is meant. */
  readonly on: string;
}

/** Each verb on each kind of object, by the group that a binding gives it to. */
const rightsOf = (manifest: ReturnType<typeof rbacManifest>): ClusterRight[] =>
  manifest.flatMap(({ kind, metadata, subjects: bound }) => {
    if (bound === undefined) return [];
    const role = manifest.find((each) => `${each.kind}Binding` === kind && each.metadata.name === metadata.name);
    const rights = roleWithRules.parse(role).rules.flatMap(({ resources, verbs, resourceNames }) => {
      const named = resourceNames === undefined ? '' : ` ${resourceNames.map((name) => `\`${name}\``).join(', ')}`;
      return resources.flatMap((resource) => verbs.map((verb) => ({ verb, on: `${resource}${named}` })));
    });
    return subjects.parse(bound).flatMap(({ name: group }) => rights.map((right) => ({ group, ...right })));
  });

/** Rights as a phrase such as `get, list nodes; list pods`. */
const phraseOf = (rights: readonly ClusterRight[]): string =>
  [...Map.groupBy(rights, ({ on }) => on)]
    .map(([on, same]) => `${same.map(({ verb }) => verb).join(', ')} ${on}`)
    .join('; ');
