import type { Subject } from '../functions/shared/record-subject.ts';
import { quoted } from './records.ts';
import { UsageError } from './usage-error.ts';

const EVENT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;
const INSTANCE_ID = /^m?i-[0-9a-f]{8,17}$/;
const CLUSTER_NAME = /^[0-9A-Za-z][0-9A-Za-z_-]{0,99}$/;

/** @throws UsageError when the text names none of these */
export function readSubject(text: string | undefined): Subject {
  if (text === undefined) throw new UsageError(`SUBJECT: missing; ${FORMS}`);
  if (INSTANCE_ID.test(text)) return { instance: text };
  if (EVENT_ID.test(text)) return { event: text };
  const [cluster = '', ...rest] = text.split('/');
  const nodegroup = rest.join('/');
  const wellFormed = CLUSTER_NAME.test(cluster);
  if (wellFormed && nodegroup !== '') return { cluster, nodegroup };
  if (wellFormed && rest.length === 0) return { cluster };
  throw new UsageError(`SUBJECT: "${text}" is none; ${FORMS}`);
}

const FORMS =
  'give an instance id (i-0abc...), a node group (CLUSTER/NODEGROUP), a cluster (CLUSTER) or the id of an event';

/** The filter condition that finds the records about a subject, and perhaps others that {@link isAbout} tells apart. */
export function conditionOf(subject: Subject): string {
  if ('instance' in subject) return `$.instance = ${quoted(subject.instance)}`;
  if ('event' in subject) {
    // An event that asks for many looks gives each of them an id that begins with its own.
    const prefix = quoted(`${subject.event}*`);
    return `$.trigger.id = ${prefix} || $.correlationId = ${prefix}`;
  }
  const { cluster, nodegroup } = subject;
  const inCluster = `$.cluster = ${quoted(cluster)}`;
  return nodegroup === undefined ? inCluster : `${inCluster} && $.nodegroup = ${quoted(nodegroup)}`;
}
