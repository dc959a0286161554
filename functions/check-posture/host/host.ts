import * as z from 'zod';
import { safeParse } from '../../shared/runtime/safe-parse.ts';

const text = () => z.string().max(300);

/** A member that an older script, or one without room, leaves out. Invalid data counts as not gathered. */
const told = <Schema extends z.ZodType>(schema: Schema) => schema.optional().catch(undefined);

const hostSchema = z.lazy(() =>
  z.object({
    os: z.string().catch('unknown'),
    osVersion: told(text()),
    selinux: told(
      z.object({
        mode: z.enum(['enforcing', 'permissive', 'disabled']),
        configured: text(),
        policy: text(),
        /** Enabled SELinux booleans that loosen what containers may do. */
        booleans: z.array(text()).max(200),
        /** Types of processes that the policy only watches, though the host enforces. */
        permissive: z.array(text()).max(200).default([]),
        /** Whether containerd labels containers; null where containerd was not found. */
        runtime: z.boolean().nullable(),
      }),
    ),
    apparmor: told(z.boolean()),
    ssh: told(
      z.object({
        running: z.boolean(),
        keysCommand: text(),
        /** The file of the certificate authorities whose certificates let users in; empty where there is none. */
        certificates: text().default(''),
        authorizedKeys: z.array(z.object({ user: text(), path: text(), keys: z.int().min(0) })).max(500),
      }),
    ),
    /** Labels of pod processes, with the namespaces and names of some of the pods. */
    labels: told(
      z
        .array(
          z.object({
            label: text(),
            processes: z.int(),
            pods: z.int().optional(),
            names: z.array(text()).max(3).optional(),
          }),
        )
        .max(50),
    ),
    /** Whether Bottlerocket's admin container is enabled; null where that is unknown. */
    adminContainer: told(z.boolean().nullable()),
    report: told(
      z
        .object({
          cis: told(z.object({ results: z.record(z.string(), z.object({ id: z.string(), status: z.string() })) })),
        })
        .nullable(),
    ),
  }),
);

/** What the script reports about a host besides its kubelet. */
export type Host = z.infer<typeof hostSchema>;

export const isBottlerocket = ({ os }: Host): boolean => os === 'bottlerocket';

/** Evidence for data that a script of an earlier version, or one without room, left out. */
export const NOT_GATHERED = 'the script did not tell';

/** Parses the data. Malformed data is ignored, and then nothing is known. */
export const readHost = (gathered: unknown): Host => safeParse(hostSchema, gathered).data ?? { os: 'unknown' };
