import type { RemediationRecord } from '../functions/shared/records/record.ts';
import type { Run } from '../sandbox/play.ts';
import { URGENT } from './findings.fixture.ts';
import { karpenterFleet, nodeClassPolicy } from './node-classes.fixture.ts';
import { cluster, fleet, group, NEW, OLD, policy } from './refresh-groups.fixture.ts';

/** Short times: an AMI is named at 0:40, bakes until 6:40, and for urgent findings until 1:10. */
export const hasty = (refreshes: object = {}, others: object = {}) => ({
  ...policy({ bakeAge: '6h', urgent: { bakeAge: '30m' }, ...refreshes }),
  ...others,
});

/** A cluster with one self-managed group, in an account that Inspector scans. The newer AMI is named at 0:40. */
export const ownGroupFleet = (
  vulnerabilities: readonly object[] = [URGENT],
  { named = '+40m', groups = [group('web')] }: { readonly named?: string; readonly groups?: readonly object[] } = {},
) => {
  const { images: [old, ...newer] = [], ...more } = fleet(cluster('shop', groups));
  return { ...more, images: [old, ...newer.map((each) => ({ ...each, at: named }))], inspector: { vulnerabilities } };
};

/** A cluster with one node pool, in an account that Inspector scans. The newer release comes at 0:40. */
export const poolFleet = (vulnerabilities: readonly object[] = [URGENT], nodeClass: object = {}) => {
  const { releases: [old, newer] = [], ...more } = karpenterFleet(nodeClass);
  return { ...more, releases: [old, { ...newer, at: '+40m' }], inspector: { vulnerabilities } };
};
export const hastyPins = (nodeClasses: object = {}) => nodeClassPolicy({ urgent: { bakeAge: '30m' }, ...nodeClasses });

const about = ({ records }: Run, remediation: string): RemediationRecord[] =>
  records.filter((record) => record.remediation === remediation && record.nodegroup !== undefined);

/** The records of a function about groups, in order, as `decision reason`. */
export const storyBy = (run: Run, remediation: string): string[] =>
  about(run, remediation).map(({ decision, reason }) => `${decision} ${reason}`);

/** When the first record of a function with this reason was written, ms from the start. */
export function firstAt(run: Run, reason: string): number | undefined {
  const found = run.records.find((record) => record.reason === reason);
  return found && Date.parse(found.time) - Date.parse('2026-07-14T12:00:00Z');
}

export { NEW, OLD };
