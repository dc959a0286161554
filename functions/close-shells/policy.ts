import * as z from 'zod';
import { type Mode, mode, stricter } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';
import { waiversOnly } from '../shared/posture/waivers.ts';

/** Session Manager's preferences of the region. Given members are set, and all others stay as they are. */
const sessions = (defaultMode: Mode) =>
  z.strictObject({
    mode: mode
      .default(stricter(defaultMode, 'observe'))
      .describe("enforce: Session Manager's preferences of the region are set as given here."),
    cloudWatchLogGroup: z
      .string()
      .regex(/^[\w./#-]{1,512}$/, 'must be the name of a log group, such as "/ssm/sessions"')
      .optional()
      .describe('The log group, encrypted by a key of your own, that gets a log of each session.'),
    s3Bucket: z
      .string()
      .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of an S3 bucket')
      .optional()
      .describe('The bucket, encrypted by default, that gets a log of each session.'),
    kmsKey: z
      .string()
      .regex(/^(arn:[\w-]+:kms:[\w-]+:\d{12}:(key|alias)\/[\w/-]+|alias\/[\w/-]+|[0-9a-f-]{36}|mrk-[0-9a-f]{32})$/, {
        error: 'must be a KMS key: its id, its ARN or an alias',
      })
      .optional()
      .describe(
        'The key that encrypts sessions under way, beside TLS. The role of each worker must be allowed to use it.',
      ),
    runAsUser: z
      .string()
      .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'must be the name of a user on Linux hosts')
      .optional()
      .describe('The user that sessions run as, instead of ssm-user, who may become root. Hosts must have it.'),
    idleMinutes: z.int().min(1).max(60).optional().describe('Minutes until an idle session ends.'),
  });

/** The policy section `shells`. */
export const shells = (defaultMode: Mode) =>
  z.strictObject({
    hosts: mode
      .default(stricter(defaultMode, 'observe'))
      .describe(
        "enforce: keys in authorized_keys of workers are put aside, and Bottlerocket's admin container is switched off. Session Manager still gives access.",
      ),
    sessions: sessions(defaultMode)
      .prefault({})
      .describe("Session Manager's preferences of the region. What is given is set. Everything else stays as it is."),
  });

/** The policy sections that `close-shells` reads. */
export const READS = { shells, posture: waiversOnly };
export type Policy = PolicyWith<typeof READS>;
