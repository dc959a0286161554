import { inShell } from '../text/in-shell.ts';
import type { RecordSubject } from './record.ts';

/**
 * Fills the placeholders of a hint with the names of its subject, so that its commands can be pasted: `INSTANCE`,
 * `CLUSTER`, `NODEGROUP`, `REGION`, `UPDATE_ID`, `VERSION` of Kubernetes, and `RESOURCE` for the argument of the
 * operators' command. A placeholder without a name stays, and so does one whose name a command would take for an
 * option: only tags that anybody may set hold such names.
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
      return name === undefined || name.startsWith('-') ? placeholder : inShell(name);
    },
  );
}
