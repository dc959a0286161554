import { type Day, type Invariant, isChange } from './invariant.ts';
import { releaseOf } from './moved-to.ts';

/** An upgrade that was rejected is not begun: not under a later policy either, unless it is proposed anew. */
export function rejections(day: Day): Invariant {
  if (day.scenario.rulings === undefined) return {};
  return {
    onCall(call) {
      if (call.operation !== 'UpdateNodegroupVersion' || !isChange(call)) return;
      const { clusterName, nodegroupName } = call.input;
      const releaseVersion = releaseOf(day, call);
      const last = day.run.records.findLast(
        ({ remediation, cluster, nodegroup, decision, reason, message }) =>
          remediation === 'upgrade-node-groups' &&
          cluster === clusterName &&
          nodegroup === nodegroupName &&
          message.includes(releaseVersion) &&
          (decision === 'would-act' || reason === 'proposal-rejected'),
      );
      if (last?.reason === 'proposal-rejected') {
        day.breach('a rejection holds', `${clusterName}/${nodegroupName} gets ${releaseVersion}: ${last.message}`);
      }
    },
  };
}
