/** Name of the lifecycle hook by which `drain-nodes` drains nodes. Declarations use it, so no client is imported here. */
export const DRAIN_HOOK_NAME = 'eks-host-remediator-drain';
