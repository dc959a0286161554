import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { lifecycleStatesOf } from '../../shared/fleet/lifecycle.ts';
import type { QuarantineState } from '../model/quarantine-ledger.ts';

/**
 * The isolated workers that their groups have put into service since, out of a warm pool. An instance in a warm pool
 * cannot be put into standby, and the next scale-out takes it (Auto Scaling user guide, "Warm pools").
 */
export async function warmedInService(
  autoScaling: AutoScalingClient,
  states: ReadonlyMap<string, QuarantineState>,
): Promise<ReadonlySet<string>> {
  const warmed = [...states].flatMap(([instanceId, { quarantine }]) =>
    quarantine?.phase === 'isolated' && quarantine.saved.warmed === true ? [instanceId] : [],
  );
  const found = await lifecycleStatesOf(autoScaling, warmed);
  return new Set([...found].flatMap(([instanceId, state]) => (state === 'InService' ? [instanceId] : [])));
}
