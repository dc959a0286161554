import type { RequestedAction } from '../../../events/remediation-request.ts';
import { REMEDIATIONS } from '../../../functions/remediations.ts';
import type { RemediationRecord } from '../../../functions/shared/records/record.ts';
import type { Draw } from '../choices.ts';
import { nthOf } from '../nth-of.ts';
import type { Ground, Part } from '../part.ts';
import type { Policy } from '../policy.ts';

/** What operators ask for about node groups, Auto Scaling groups and node classes of a day. */
export interface Rulings {
  /** Whether upgrades wait for an approval in mode enforce, too. */
  readonly required: boolean;
  /** How long an approval holds, hours. */
  readonly expiresAfter: number;
  readonly given: readonly Ruling[];
}

/** A request about one of the groups for which it makes sense then. */
export interface Ruling {
  readonly atMinute: number;
  readonly action: RequestedAction;
  readonly index: number;
  /** Whether the operator names the plan that was seen, as the widget does. */
  readonly namesPlan: boolean;
}

/** The members of a scenario for it. */
export interface OfRulings {
  /** Absent: nobody rules on groups. */
  readonly rulings?: Rulings;
}

/** Draws rulings for three days of ten. */
function drawRulings(draw: Draw, { busyMinutes }: Ground): OfRulings {
  if (!draw.happens(0.3)) return {};
  return {
    rulings: {
      required: draw.happens(0.5),
      expiresAfter: draw.of(1, 4, 24),
      given: draw.some(4, 14, () => ({
        atMinute: draw.number(30, busyMinutes),
        action: draw.of('approve', 'approve', 'approve', 'reject', 'resume', 'retry'),
        index: draw.number(0, 9),
        namesPlan: draw.happens(0.5),
      })),
    },
  };
}

/** A drawn policy with what it says about approvals. */
const withRulings = (policy: Policy, { rulings }: OfRulings): Policy =>
  rulings === undefined
    ? policy
    : {
        ...policy,
        upgrades: {
          ...policy.upgrades,
          approval: rulings.required ? 'required' : 'none',
          approvalExpiresAfter: `${rulings.expiresAfter}h`,
        },
      };

/**
 * What a record proposes for a group: a release for a node group, the date of one for a node class, and for an Auto
 * Scaling group what it is about, since its records name no AMI.
 */
function proposedIn({ cluster, nodegroup = '', details }: RemediationRecord): string {
  if (nodegroup.startsWith(SELF_MANAGED)) return nodegroup.slice(SELF_MANAGED.length);
  const [, date] = /@v(\d+)/.exec(String(details?.patch)) ?? [];
  return `${cluster}/${nodegroup} ${details?.to ?? date}`;
}

const SELF_MANAGED = 'self-managed:';

/**
 * The request of a ruling, and what it is about; undefined where no group is in such a state.
 *
 * @param records of all functions, as told so far
 */
export function requestOf(
  { action, index, namesPlan }: Ruling,
  records: readonly RemediationRecord[],
): { readonly about: string; readonly detail: object } | undefined {
  const last = new Map<string, RemediationRecord>();
  for (const record of records) {
    const { remediation, cluster, nodegroup, instance } = record;
    if (nodegroup !== undefined && instance === undefined) last.set(`${remediation} ${cluster}/${nodegroup}`, record);
  }
  const fitting = [...last.values()].filter(
    (record) => TAKE_RULINGS_ON_GROUPS.has(record.remediation) && ASKED_ABOUT[action](record),
  );
  const record = nthOf(fitting, index);
  if (record === undefined) return undefined;
  const { remediation, cluster, nodegroup, details } = record;
  const isRuling = action === 'approve' || action === 'reject';
  const plan = isRuling && namesPlan && details?.plan !== undefined ? { plan: details.plan } : {};
  const asker = { why: 'the simulation asks for it', requestedBy: 'arn:aws:iam::111122223333:role/simulation' };
  return {
    about: proposedIn(record),
    detail: { remediation, action, clusterName: cluster, nodegroupName: nodegroup, ...plan, ...asker },
  };
}

/** Functions whose requests are about groups: what `quarantine-workers` proposes for one is nothing that it takes a request about. */
const TAKE_RULINGS_ON_GROUPS: ReadonlySet<string> = new Set(
  REMEDIATIONS.filter(({ subject, requests }) => subject !== 'instance' && requests.length > 0).map(({ name }) => name),
);

/** Whether an action makes sense after such a record. */
const ASKED_ABOUT: Readonly<Record<RequestedAction, (record: RemediationRecord) => boolean>> = {
  approve: ({ decision }) => decision === 'would-act',
  reject: ({ decision }) => decision === 'would-act',
  resume: ({ reason }) => /^(halted|breaker-tripped|held-by-breaker)$/.test(reason),
  retry: ({ reason, remediation }) => remediation === 'upgrade-node-groups' && reason === 'retry-later',
};

export const RULINGS: Part<OfRulings> = {
  stream: 'rulings',
  draw: drawRulings,
  policy: withRulings,
};
