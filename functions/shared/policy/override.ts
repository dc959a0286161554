import * as z from 'zod';

/** `*` stands for any run of characters; a match costs time linear in pattern and name (`matchesWildcard`). */
const namePattern = (what: string, most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[0-9A-Za-z*][0-9A-Za-z_*-]*$/, `must be a ${what}; * is a wildcard`);

/** The places that an override selects. */
export const match = () =>
  z
    .strictObject({
      clusters: z
        .array(namePattern('cluster name', 100))
        .min(1)
        .max(50)
        .optional()
        .describe('Clusters by name; `*` is a wildcard.'),
      nodegroups: z
        .array(namePattern('node group name', 63))
        .min(1)
        .max(50)
        .optional()
        .describe('Managed node groups by name; `*` is a wildcard.'),
      tags: z
        .record(z.string().min(1).max(128), z.string().max(256))
        .optional()
        .describe(
          'Tags of the cluster or the node group, all of them; `*` in a value is a wildcard. With tags, an override may only make the policy stricter.',
        ),
    })
    .refine(
      ({ clusters, nodegroups, tags = {} }) =>
        clusters !== undefined || nodegroups !== undefined || Object.keys(tags).length > 0,
      {
        error: 'must name clusters, nodegroups or tags: what holds everywhere belongs into the sections themselves',
      },
    );

export type Match = z.infer<ReturnType<typeof match>>;

/** A parsed override: the places that it selects, and the changes to each section. Durations are in milliseconds. */
export interface Override {
  readonly name: string;
  readonly match: Match;
  readonly [section: string]: unknown;
}
