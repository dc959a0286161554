import type { AutoScalingGroup } from '@aws-sdk/client-auto-scaling';

/**
 * The names that EKS gives to the Auto Scaling groups of its node groups, with a UUID at the end. The name of the node
 * group comes before that, and was missing in the first years.
 */
const NAME = /^eks-(?:.+-)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The key of a tag like those that EKS gives to its Auto Scaling groups; undefined where the group has none. */
const eksTagOf = (tags: Readonly<Record<string, string>>): string | undefined =>
  Object.keys(tags).find((key) => key.startsWith('eks:'));

/**
 * Whether a group is one of EKS's, by its name and its tags. The owner of a group may choose either, so one of them
 * alone does not leave a group out in silence.
 */
export const isOfEks = ({ AutoScalingGroupName = '', Tags = [] }: AutoScalingGroup): boolean =>
  NAME.test(AutoScalingGroupName) && Tags.some(({ Key = '' }) => Key.startsWith('eks:'));

/**
 * The tag that AWS Batch gives to the Auto Scaling groups, launch templates and instances of its compute environments.
 * Neither may be changed: the environment fails then. Sources: the managed policy AWSBatchServiceRole; AWS Batch user
 * guide, "Shared responsibility of the Kubernetes nodes".
 */
export const BATCH_TAG = 'AWSBatchServiceTag';

/** Why a group that is not one of EKS's is left alone for its tags; undefined where it has no such tag. */
export function taggedAsOperated(tags: Readonly<Record<string, string>>): string | undefined {
  if (tags[BATCH_TAG] !== undefined) {
    return `It has the tag ${BATCH_TAG}, as Auto Scaling groups of AWS Batch have. AWS Batch alone changes these: aws batch update-compute-environment with updateToLatestImageVersion=true has it replace the nodes. Remove the tag if the group is yours.`;
  }
  const tag = eksTagOf(tags);
  return (
    tag && `It has the tag ${tag}, as Auto Scaling groups of managed node groups have. Remove it if the group is yours.`
  );
}
