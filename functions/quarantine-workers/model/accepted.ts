import type { Exposure } from '../exposure/exposure.ts';
import type { WorkerView } from './observation.ts';
import type { AcceptedExposure } from './quarantine-ledger.ts';

/** An exposure is accepted if it has the kind and the interface of an accepted one, and opens no further port. */
export const isAccepted = (
  { interfaceId, kind, openPorts }: Exposure,
  accepted: readonly AcceptedExposure[],
): boolean =>
  accepted.some(
    (each) =>
      each.interfaceId === interfaceId &&
      each.kind === kind &&
      openPorts.every((port) => each.openPorts.includes(port)),
  );

/** An operator who releases a worker accepts its exposures at that time. Later exposures count again. */
export function acceptedIn({ exposures }: Pick<WorkerView, 'exposures'>): AcceptedExposure[] {
  const each = exposures.map(({ interfaceId, kind, openPorts }) => ({ interfaceId, kind, openPorts: [...openPorts] }));
  // An interface may have hundreds of addresses, all of which have its rules.
  return [...new Map(each.map((accepted) => [JSON.stringify(accepted), accepted])).values()];
}
