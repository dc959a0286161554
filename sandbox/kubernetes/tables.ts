import { isJson, type Json } from './json.ts';

interface Column {
  readonly name: string;
  readonly type?: 'string' | 'integer';
  /** Shown with `-o wide` only. */
  readonly wide?: true;
  readonly cell: (object: Json, now: number) => string | number;
}

const at = (object: Json, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (isJson(value) ? value[key] : undefined), object);
const text = (object: Json, ...path: readonly string[]): string => String(at(object, ...path) ?? '<none>');
const list = (object: Json, ...path: readonly string[]): Json[] => {
  const value = at(object, ...path);
  return Array.isArray(value) ? value.filter(isJson) : [];
};

/** An age in kubectl's format: `5s`, `12m`, `3h`, `40d`. */
function age(since: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(since)) / 1000));
  if (Number.isNaN(seconds)) return '<unknown>';
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)}m`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`;
}

const NAME: Column = { name: 'Name', cell: (object) => text(object, 'metadata', 'name') };
const AGE: Column = { name: 'Age', cell: (object, now) => age(text(object, 'metadata', 'creationTimestamp'), now) };

function nodeStatus(node: Json): string {
  const ready = list(node, 'status', 'conditions').find(({ type }) => type === 'Ready');
  const words = [ready?.status === 'True' ? 'Ready' : 'NotReady'];
  if (at(node, 'spec', 'unschedulable') === true) words.push('SchedulingDisabled');
  return words.join(',');
}

function podStatus(pod: Json): string {
  return at(pod, 'metadata', 'deletionTimestamp') === undefined ? text(pod, 'status', 'phase') : 'Terminating';
}

function readyContainers(pod: Json): string {
  const count = list(pod, 'spec', 'containers').length;
  const isReady = list(pod, 'status', 'conditions').some(({ type, status }) => type === 'Ready' && status === 'True');
  return `${isReady ? count : 0}/${count}`;
}

/**
 * The columns that the API server prints, limited to those whose content the sandbox knows. Source: Kubernetes,
 * printers.
 */
const COLUMNS: Readonly<Record<string, readonly Column[]>> = {
  nodes: [
    NAME,
    { name: 'Status', cell: nodeStatus },
    { name: 'Roles', cell: () => '<none>' },
    AGE,
    { name: 'Version', cell: (node) => text(node, 'status', 'nodeInfo', 'kubeletVersion') },
    {
      name: 'Internal-IP',
      wide: true,
      cell: (node) => String(list(node, 'status', 'addresses').find(({ type }) => type === 'InternalIP')?.address),
    },
    { name: 'OS-Image', wide: true, cell: (node) => text(node, 'status', 'nodeInfo', 'osImage') },
  ],
  pods: [
    NAME,
    { name: 'Ready', cell: readyContainers },
    { name: 'Status', cell: podStatus },
    { name: 'Restarts', type: 'integer', cell: () => 0 },
    AGE,
    { name: 'Node', wide: true, cell: (pod) => text(pod, 'spec', 'nodeName') },
  ],
  namespaces: [NAME, { name: 'Status', cell: (namespace) => text(namespace, 'status', 'phase') }, AGE],
  daemonsets: [
    NAME,
    ...(['desiredNumberScheduled', 'currentNumberScheduled', 'numberReady'] as const).map((field, index) => ({
      name: ['Desired', 'Current', 'Ready'][index] ?? field,
      type: 'integer' as const,
      cell: (set: Json) => Number(at(set, 'status', field) ?? 0),
    })),
    AGE,
  ],
};

/** Whether a client prefers a table. Source: Kubernetes, "Receiving resources as Tables". */
export const wantsTable = (accept: string | undefined): boolean => /\bas=Table;v=v1;g=meta\.k8s\.io/.test(accept ?? '');

/** An object, or a list of them, as the table that kubectl prints; undefined where the sandbox has no columns. */
export function tableOf(plural: string, object: Json, now: number): Json | undefined {
  const columns = COLUMNS[plural];
  const isList = Array.isArray(object.items);
  if (columns === undefined || (!isList && !isJson(object.metadata))) return undefined;
  const objects = isList ? list(object, 'items') : [object];
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: isList ? object.metadata : {},
    columnDefinitions: columns.map(({ name, type = 'string', wide }) => ({
      name,
      type,
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority: wide === true ? 1 : 0,
    })),
    rows: objects.map((one) => ({
      cells: columns.map(({ cell }) => cell(one, now)),
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: one.metadata },
    })),
  };
}
