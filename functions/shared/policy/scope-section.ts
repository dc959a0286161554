import * as z from 'zod';

/** A cluster name; `*` stands for any run of characters. */
const clusterName = z.string().regex(/^[0-9A-Za-z*][0-9A-Za-z_*-]{0,99}$/, 'must be a cluster name; * is a wildcard');

/** The section `scope`: what may be acted upon at all. */
export const scope = z.strictObject({
  clusters: z.array(clusterName).min(1).optional().describe('Only these clusters are touched. Absent: all of them.'),
  accounts: z
    .array(z.string().regex(/^\d{12}$/, 'must be a 12-digit AWS account id'))
    .min(1)
    .optional()
    .describe('Only these accounts are touched. Absent: all of them.'),
});
