import type { RecordSubject } from './record.ts';

/** What a shell takes as one word, as it is. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** A name as one word of a command line: names may come from tags, which anybody may have set. */
export const shellWord = (name: string): string => (PLAIN.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`);

/**
 * A hint with the names of its subject where its reason has placeholders, so that a command in it can be pasted: `INSTANCE`,
 * `CLUSTER`, `NODEGROUP`, `REGION`, `UPDATE_ID`, and `SUBJECT` for whatever the operators' command takes for it. A placeholder without a name stays.
 */
export function namedHint(
  hint: string,
  { cluster, nodegroup, instance }: RecordSubject,
  { region, updateId }: { readonly region: string; readonly updateId?: unknown },
): string {
  const group = cluster === undefined || nodegroup === undefined ? cluster : `${cluster}/${nodegroup}`;
  const names: Readonly<Record<string, string | undefined>> = {
    'CLUSTER/NODEGROUP': nodegroup === undefined ? undefined : group,
    SUBJECT: instance ?? group,
    INSTANCE: instance,
    CLUSTER: cluster,
    NODEGROUP: nodegroup,
    REGION: region,
    UPDATE_ID: typeof updateId === 'string' ? updateId : undefined,
  };
  return hint.replaceAll(
    /\b(?:CLUSTER\/NODEGROUP|SUBJECT|INSTANCE|CLUSTER|NODEGROUP|REGION|UPDATE_ID)\b/g,
    (placeholder) => {
      const name = names[placeholder];
      return name === undefined ? placeholder : shellWord(name);
    },
  );
}
