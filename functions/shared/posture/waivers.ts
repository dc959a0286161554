import * as z from 'zod';

/**
 * The waivers of the section `posture`: checks that may fail for a while. Functions that cure findings leave waived
 * ones alone until then.
 */
export const waiversOnly = () =>
  z.object({
    waivers: z
      .array(
        z.object({
          id: z.string(),
          check: z.string(),
          cluster: z.string().optional(),
          nodegroup: z.string().optional(),
          until: z.iso.date().transform((day) => Date.parse(`${day}T00:00:00Z`)),
        }),
      )
      .default([]),
  });

/** A waiver, as far as other functions read it, with its end in epoch milliseconds. */
export type Waived = z.infer<ReturnType<typeof waiversOnly>>['waivers'][number];

/** Whether a waiver is about this check of the group, and has not ended. */
export const covers = (
  { check, cluster, nodegroup, until }: Omit<Waived, 'id'>,
  id: string | undefined,
  key: { readonly cluster: string; readonly nodegroup?: string | undefined },
  now: number,
): boolean =>
  check === id &&
  (cluster === undefined || cluster === key.cluster) &&
  (nodegroup === undefined || nodegroup === key.nodegroup) &&
  now < until;
