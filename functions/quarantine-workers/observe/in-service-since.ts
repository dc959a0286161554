import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { lifecycleStatesOf } from '../../shared/fleet/lifecycle.ts';
import type { QuarantineState } from '../model/quarantine-ledger.ts';

/**
 * The isolated workers that their groups have put into service since: out of a warm pool, which the next scale-out does
 * (Auto Scaling user guide, "Warm pools"), or once a lifecycle hook on their launch was done. Only an instance in
 * service can be put into standby. Where Auto Scaling has refused that, it is not tried again, as with any other worker.
 */
export async function inServiceSince(
  autoScaling: AutoScalingClient,
  states: ReadonlyMap<string, QuarantineState>,
): Promise<ReadonlySet<string>> {
  const awaited = [...states].flatMap(([instanceId, { quarantine }]) => {
    if (quarantine?.phase !== 'isolated') return [];
    const { saved, notes } = quarantine;
    const isRefused = 'standby' in notes || 'detach' in notes;
    return (saved.warmed === true || saved.launching === true) && !isRefused ? [instanceId] : [];
  });
  const found = await lifecycleStatesOf(autoScaling, awaited);
  return new Set([...found].flatMap(([instanceId, state]) => (state === 'InService' ? [instanceId] : [])));
}
