import * as z from 'zod';
import { mode } from '../shared/policy/mode.ts';
import { duration } from '../shared/runtime/duration.ts';

/** The policy section `upgrades.controlPlane`. */
export const controlPlane = z
  .strictObject({
    mode: mode
      .default('observe')
      .describe(
        'Of node groups that follow their control plane to its Kubernetes version, bounded by upgrades.mode: `observe` until you say otherwise.',
      ),
    followAfter: duration
      .prefault('7d')
      .describe(
        'How long after an upgrade of the control plane they follow it: EKS can roll a control plane back for 7 days, and not with newer nodes.',
      ),
  })
  .prefault({});
