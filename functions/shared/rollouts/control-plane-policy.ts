import * as z from 'zod';
import { mode } from '../policy/mode.ts';
import { duration } from '../runtime/duration.ts';

/** The policy section `upgrades.controlPlane`. */
export const controlPlane = z
  .strictObject({
    mode: mode
      .default('observe')
      .describe(
        'Mode in which node groups follow their control plane to its Kubernetes version, bounded by upgrades.mode. It is `observe` until you change it.',
      ),
    followAfter: duration
      .prefault('7d')
      .describe(
        'How long after an upgrade of the control plane node groups follow it, and self-managed groups take AMIs for its version. EKS can roll a control plane back for 7 days, but not if nodes are newer.',
      ),
  })
  .prefault({});
