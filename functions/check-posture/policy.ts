import * as z from 'zod';
import { type Mode, mode } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';
import { POSTURE_CHECKS } from '../shared/posture/checks.ts';
import { duration } from '../shared/runtime/duration.ts';

const ids = POSTURE_CHECKS.map(({ id }) => id);

const waiver = z.strictObject({
  id: z
    .string()
    .regex(/^[\w.-]{1,60}$/, 'must be a short name of letters, digits, dots and dashes')
    .describe('Names the waiver in records.'),
  check: z.enum(ids, { error: `must be one of ${ids.join(', ')}` }).describe('The check that may fail.'),
  cluster: z.string().min(1).max(100).optional().describe('Only in this cluster. Absent: in all of them.'),
  nodegroup: z.string().min(1).max(300).optional().describe('Only in this node group. Absent: in all of them.'),
  reason: z.string().min(3).max(300).describe('Why the check may fail.'),
  who: z.string().min(1).max(100).describe('Who allows it.'),
  until: z.iso
    .date({ error: 'must be a day such as "2027-01-31"' })
    .transform((day) => Date.parse(`${day}T00:00:00Z`))
    .describe('The waiver ends at the beginning of this day (UTC).'),
});
export type Waiver = z.output<typeof waiver>;

/** The policy section `posture` of `check-posture`. */
export const posture = (_defaultMode: Mode) =>
  z.strictObject({
    mode: mode
      .exclude(['enforce'], { error: 'must be observe or off: a check changes nothing' })
      .default('observe')
      .describe('observe: hosts are checked. The checks never change anything.'),
    every: duration.prefault('7d').describe('How often each cluster is checked, at least an hour apart.'),
    sample: z
      .union([z.int().min(1).max(50), z.literal('all')], { error: 'must be a whole number from 1 to 50, or "all"' })
      .default(1)
      .describe('How many workers of a group and AMI are checked: a number from 1 to 50, or `all`.'),
    waivers: z
      .array(waiver)
      .max(200)
      .default([])
      .describe('Checks that may fail for a while. Each has a reason, a name and an end.'),
  });

/** Whether the policy wants anything of Session Manager's preferences. `close-shells` reports what is wrong there. */
const sessionsIn = z.object({ sessions: z.looseObject({ mode: z.unknown() }) });
const shells = (_defaultMode: Mode) =>
  z.unknown().transform((section) => {
    const { mode: by, ...wanted } = sessionsIn.safeParse(section).data?.sessions ?? {};
    return { seesToSessions: by !== 'off' && Object.keys(wanted).length > 0 };
  });

/** The policy sections that `check-posture` reads. */
export const READS = { posture, shells };
export type Policy = PolicyWith<typeof READS>;
