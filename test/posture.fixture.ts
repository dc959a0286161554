import { makePostureReconcileRequest } from '../events/posture-reconcile-request.ts';
import { al2023, DROP_INS, directory, dropIn, file, WITH_DROP_INS } from '../sandbox/account/ssm/node-systems.ts';
import type { Run } from '../sandbox/play.ts';
import { MINUTE } from './harness.ts';

/** Nodes with a drop-in that opens the read-only port. */
export const OPEN = al2023({
  flags: WITH_DROP_INS,
  files: [directory(DROP_INS), file(`${DROP_INS}/99-debug.conf`, '0644', dropIn({ readOnlyPort: 10255 }))],
});

/** One group that is checked, with its gathered facts, and two groups of other systems. */
/** @param web further members of the group that is checked */
export const fleet = (host?: object, web: object = {}) => ({
  startsAt: '2026-07-14T00:00:00Z',
  clusters: [
    {
      name: 'shop',
      version: '1.33',
      nodeGroups: [
        {
          name: 'web',
          amiType: 'AL2023_x86_64_STANDARD',
          releaseVersion: '1.33.5-20260601',
          ssm: { commands: host === undefined ? {} : { host } },
          ...web,
        },
        { name: 'batch', amiType: 'BOTTLEROCKET_x86_64', releaseVersion: '1.50.0-1a2b3c4d' },
        { name: 'legacy', amiType: 'WINDOWS_CORE_2022_x86_64', releaseVersion: '1.33-2026.06.10' },
      ],
    },
  ],
});

/** The records of check-posture, as `nodegroup decision reason check`. */
export const told = ({ records }: Run) =>
  records
    .filter(({ remediation }) => remediation === 'check-posture')
    .map(({ nodegroup, decision, reason, details = {} }) => [nodegroup, decision, reason, details.check].join(' '));

/** An operator has the hosts checked now. */
export const checkNow = async ({ account }: Run) => {
  const { accountId, region } = account.world;
  const origin = { account: accountId, region, time: new Date(account.time.now).toISOString() };
  const detail = { trigger: 'operator', clusterName: 'shop' } as const;
  await account.putEvent(makePostureReconcileRequest(origin, `now ${account.time.now}`, detail));
  await account.play(10 * MINUTE);
};
