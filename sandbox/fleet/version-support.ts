import type { FleetFile } from './schema.ts';
import type { FleetState } from './state.ts';
import { parseTime } from './time.ts';

/** Sets until when EKS supports Kubernetes versions, by the fleet file. */
export function seedVersionSupport({ world, eks }: FleetState, { kubernetesVersions }: FleetFile): void {
  const { now } = world.time;
  for (const { version, endOfStandardSupport, endOfExtendedSupport } of kubernetesVersions) {
    eks.support.set(version, {
      standardEndsAt: parseTime(endOfStandardSupport, now) ?? now,
      extendedEndsAt: parseTime(endOfExtendedSupport, now) ?? now,
    });
  }
}
