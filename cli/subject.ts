import { clusterName, nodegroupName } from '../events/envelope.ts';
import type { IncidentTarget } from '../functions/shared/records/record-subject.ts';
import { quoted } from './records.ts';
import { UsageError } from './usage-error.ts';

const EVENT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;
const INSTANCE_ID = /^m?i-[0-9a-f]{8,17}$/;

/** @throws UsageError when the text names none of these */
export function readSubject(text: string | undefined): IncidentTarget {
  if (text === undefined) throw new UsageError(`RESOURCE: missing; ${FORMS}`);
  if (INSTANCE_ID.test(text)) return { instance: text };
  if (EVENT_ID.test(text)) return { event: text };
  const [cluster = '', ...rest] = text.split('/');
  const wellFormed = clusterName.safeParse(cluster).success;
  if (rest.length === 0) {
    if (wellFormed) return { cluster };
    throw new UsageError(`RESOURCE: "${shortened(text)}" is none; ${FORMS}`);
  }
  if (!wellFormed) throw new UsageError(`CLUSTER: "${shortened(cluster)}" is no name of an EKS cluster; ${FORMS}`);
  const nodegroup = rest.join('/');
  if (nodegroupName.safeParse(nodegroup).success) return { cluster, nodegroup };
  throw new UsageError(`NODEGROUP: "${shortened(nodegroup)}" is none: it has 1 to 300 characters; ${FORMS}`);
}

/** The given text, cut to a length that is still recognizable. */
const shortened = (text: string): string => (text.length <= 100 ? text : `${text.slice(0, 100)}...`);

const FORMS =
  'give an instance id (i-0abc...), a node group (CLUSTER/NODEGROUP), a cluster (CLUSTER) or the id of an event';

/** The filter condition for records about a subject. It may match others as well, which {@link isAbout} sorts out. */
export function conditionOf(subject: IncidentTarget): string {
  if ('instance' in subject) return `$.instance = ${quoted(subject.instance)}`;
  if ('event' in subject) {
    // An event that causes several reconcile requests gives each an id that begins with its own.
    const prefix = quoted(`${subject.event}*`);
    return `$.trigger.id = ${prefix} || $.correlationId = ${prefix}`;
  }
  const { cluster, nodegroup } = subject;
  const inCluster = `$.cluster = ${quoted(cluster)}`;
  return nodegroup === undefined ? inCluster : `${inCluster} && $.nodegroup = ${quoted(nodegroup)}`;
}
