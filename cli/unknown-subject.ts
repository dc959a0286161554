import { readWorkers } from '../functions/review-actions/workers.ts';
import type { IncidentTarget } from '../functions/shared/records/record-subject.ts';
import { isOfAws } from '../functions/shared/runtime/aws-error.ts';
import { didYouMean } from '../functions/shared/text/did-you-mean.ts';
import type { Surroundings } from './command.ts';
import { readFleetNow } from './fleet.ts';
import { whyUnknown } from './unknown-place.ts';

/**
 * Why a request about a subject came to nothing, where its name is the cause: ` There is no node group shop/wbe. Did you
 * mean "shop/web"?`. Empty where the subject exists, and where a read fails: this is a hint beside an answer.
 */
export async function unknownHint(surroundings: Surroundings, subject: IncidentTarget): Promise<string> {
  try {
    const why = await whySubjectUnknown(surroundings, subject);
    return why === undefined ? '' : ` ${why}`;
  } catch (error) {
    if (!isOfAws(error)) throw error;
    return '';
  }
}

async function whySubjectUnknown(surroundings: Surroundings, subject: IncidentTarget): Promise<string | undefined> {
  if ('event' in subject) return undefined;
  if (!('instance' in subject)) return whyUnknown(surroundings, () => readFleetNow(surroundings), subject);
  const { found, more } = await readWorkers(surroundings.clients.ec2);
  const ids = found.flatMap(({ InstanceId }) => InstanceId ?? []);
  if (more || ids.includes(subject.instance)) return undefined;
  return `No worker ${subject.instance} runs here.${didYouMean(subject.instance, ids)}`;
}
