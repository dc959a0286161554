import * as z from 'zod';

/**
 * What the functions take as a `Remediation Request`, in the words of that event.
 */
export const detailType = 'Remediation Request';

export const detail = z.object({
  remediation: z.enum(['upgrade-node-groups', 'manage-ssm-agent', 'quarantine-workers']),
  action: z.enum(['approve', 'reject', 'resume', 'retry']),
  clusterName: z.string().min(1).optional(),
  nodegroupName: z.string().min(1).optional(),
  instanceId: z.string().optional(),
  why: z.string().min(3).max(500),
  requestedBy: z.string().min(1).max(300),
});
