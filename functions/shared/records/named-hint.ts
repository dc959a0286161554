import type { RecordSubject } from './record.ts';

/** Text that a shell takes as one word without quotes. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** Quotes a name as one word of a command line. Names may come from tags, which anybody may set. */
export const shellWord = (name: string): string => (PLAIN.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`);

/**
 * Fills the placeholders of a hint with the names of its subject, so that its commands can be pasted: `INSTANCE`,
 * `CLUSTER`, `NODEGROUP`, `REGION`, `UPDATE_ID`, `VERSION` of Kubernetes, and `RESOURCE` for the argument of the
 * operators' command. A placeholder without a name stays.
 */
export function namedHint(
  hint: string,
  { cluster, nodegroup, instance }: RecordSubject,
  {
    region,
    updateId,
    kubernetesVersion,
  }: { readonly region: string; readonly updateId?: unknown; readonly kubernetesVersion?: unknown },
): string {
  const group = cluster === undefined || nodegroup === undefined ? cluster : `${cluster}/${nodegroup}`;
  const names: Readonly<Record<string, string | undefined>> = {
    'CLUSTER/NODEGROUP': nodegroup === undefined ? undefined : group,
    RESOURCE: instance ?? group,
    INSTANCE: instance,
    CLUSTER: cluster,
    NODEGROUP: nodegroup,
    REGION: region,
    UPDATE_ID: typeof updateId === 'string' ? updateId : undefined,
    VERSION: typeof kubernetesVersion === 'string' ? kubernetesVersion : undefined,
  };
  return hint.replaceAll(
    /\b(?:CLUSTER\/NODEGROUP|RESOURCE|INSTANCE|CLUSTER|NODEGROUP|REGION|UPDATE_ID|VERSION)\b/g,
    (placeholder) => {
      const name = names[placeholder];
      return name === undefined ? placeholder : shellWord(name);
    },
  );
}
