import { waitsForPerson } from './replacement-turn.ts';

/** Further reasons for which a self-managed group, or an EC2NodeClass of Karpenter, gets no other AMI before somebody acts. */
export const KEPT: ReadonlySet<string> = new Set([
  // `refresh-groups` records these.
  'group-set-back',
  'held-by-breaker',
  'refresh-failed',
  'refresh-cancelled',
  'refresh-incomplete',
  'refresh-nodes-absent',
  'refresh-refused',
  'refresh-stuck',
  'template-followed',
  // `steer-node-classes` records these.
  'ami-alias-ended',
  'ami-alias-left-alone',
  'ami-terms-custom',
  'node-class-drift-barred',
  'node-class-drift-slow',
  'node-class-gone',
  'node-class-kept-as-code',
  'node-class-malformed',
  'node-class-release-unpublished',
  'node-class-set-back',
  'node-class-unwell',
  'node-classes-unread',
  'node-release-unknown',
  'pin-changed-since',
  'pin-refused',
  'pin-undone',
  'would-pin-node-class',
]);

/** Whether the last record about a group or class says that its AMI stays until a person does something. */
export const isKeptByPerson = (reason: string): boolean => KEPT.has(reason) || waitsForPerson(reason);
