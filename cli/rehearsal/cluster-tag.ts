import type { Instance } from '@aws-sdk/client-ec2';
import { listMembers } from '../../functions/shared/fleet/cluster-instances.ts';
import { answered, type Finding, failedTo, type Ground, open, outcomeOf } from './ground.ts';

const CLUSTER_TAG = 'aws:eks:cluster-name';
const GROUP_TAG = 'aws:autoscaling:groupName';

const hasTag = ({ Tags = [] }: Instance, key: string): boolean => Tags.some(({ Key }) => Key === key);

/** Whether workers that EKS does not manage have the tag that only AWS sets, on instances that have joined. */
export function clusterTag({ instances, identities }: Pick<Ground, 'instances' | 'identities'>): Finding[] {
  const selfManaged = instances.filter((instance) => {
    const worker = identities.get(instance.InstanceId ?? '')?.worker;
    return worker?.ownership === 'self-managed' && hasTag(instance, GROUP_TAG);
  });
  if (selfManaged.length === 0) return [open('no worker here is in an Auto Scaling group that EKS does not manage')];
  const tagged = selfManaged.filter((instance) => hasTag(instance, CLUSTER_TAG));
  const count = `${tagged.length} of ${selfManaged.length} self-managed workers have ${CLUSTER_TAG}`;
  return [answered(tagged.length === selfManaged.length ? count : `${count}: the others are proven by their role`)];
}

/** Whether DescribeTags shows the tags of instances that AWS operates. */
export async function operatedTags({
  clients,
  cluster: { name = '' },
  instances,
}: Pick<Ground, 'clients' | 'cluster' | 'instances'>): Promise<Finding[]> {
  const operated = instances.filter((instance) => instance.Operator?.Managed === true && hasTag(instance, CLUSTER_TAG));
  if (operated.length === 0) return [open('no node here is of EKS Auto Mode')];
  const outcome = await outcomeOf(() => listMembers(clients.ec2, [name]));
  if (!('answer' in outcome)) return [failedTo('DescribeTags', outcome)];
  const listed = new Set(outcome.answer);
  const shown = operated.filter(({ InstanceId = '' }) => listed.has(InstanceId));
  return [answered(`DescribeTags shows ${shown.length} of ${operated.length} nodes of EKS Auto Mode`)];
}
