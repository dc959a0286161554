import { arnHere, type Right } from './right.ts';

/** The rights of a launch, which AWS requires of whoever has EKS or Auto Scaling launch nodes by a launch template. */

/** Limits a right to launches by a launch template of this account and region, whoever makes them. */
export const byTemplate = { 'ec2:LaunchTemplate': arnHere('ec2', 'launch-template/*') };

/** The right to tag what a launch creates, as the template says. */
export const tagsAtLaunch = ({ sid, unlessOff }: Required<Pick<Right, 'sid' | 'unlessOff'>>): Right => ({
  sid,
  actions: ['ec2:CreateTags'],
  resources: ['instance', 'network-interface', 'volume'].map((kind) => arnHere('ec2', `${kind}/*`)),
  conditions: { StringEquals: { 'ec2:CreateAction': 'RunInstances' } },
  wildcardReason: 'What a launch makes has no id before; the condition admits no tags on what exists.',
  unlessOff,
});
