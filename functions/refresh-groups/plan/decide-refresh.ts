import { decideAtGates, type GateReaders } from '../../shared/gates/decide-at-gates.ts';
import type { Ledger } from '../../shared/ledger/ledger.ts';
import { isInvalid } from '../../shared/policy/policy.ts';
import { clustersBefore } from '../../shared/rollouts/clusters-before.ts';
import { decideAlone } from '../../shared/rollouts/go-first.ts';
import type { Rollouts } from '../../shared/rollouts/rollouts.ts';
import { CUSTOM, placeOfWave } from '../../shared/rollouts/wave-place.ts';
import { answer } from '../decide/answer.ts';
import { decide } from '../decide/decide.ts';
import type { Circumstances, Decision } from '../model/decision.ts';
import type { Observation } from '../model/observation.ts';
import { pacedBy } from '../move/pace.ts';

/** Decides, and anew where another function starts the first group of the AMI at the same time: it goes alone. */
export function decideRefresh(
  { ledger, caller }: { readonly ledger: Ledger; readonly caller: string },
  observation: Observation,
  circumstances: Circumstances,
  readers: GateReaders,
): Promise<{ readonly decision: Decision; readonly rollouts: Rollouts | undefined }> {
  const { policy, now } = circumstances;
  return decideAlone<Decision>(
    { ledger, by: 'refresh-groups', caller, now },
    circumstances.rollouts,
    (rollouts) => decideWithGates(observation, { ...circumstances, ...(rollouts && { rollouts }) }, readers),
    ({ act, target }) => {
      if (act !== 'start' || target === undefined || isInvalid(policy)) return undefined;
      const candidates = [{ pair: CUSTOM, releaseVersion: target }];
      const { bakeBetween } = pacedBy(policy, observation, now).upgrades;
      return { key: observation.key, candidates, bakeBetween };
    },
  );
}

/** Decides, once the gates are read where they matter. An answer tells what comes of a request. */
async function decideWithGates(
  observation: Observation,
  circumstances: Circumstances,
  readers: GateReaders,
): Promise<Decision> {
  const { request, key } = observation;
  if (request !== undefined) {
    return answer(observation, request, { ...circumstances, gates: await readers.readGates() });
  }
  return decideAtGates(
    (read) => decide(observation, { ...circumstances, ...read }),
    readers,
    ({ target = '' }) => [key.cluster, ...earlierClusters(target, circumstances)],
    circumstances.now,
  );
}

/** The clusters in which earlier waves have taken an AMI, the last one first. */
const earlierClusters = (imageId: string, { policy, rollouts }: Circumstances): string[] =>
  rollouts === undefined || isInvalid(policy)
    ? []
    : clustersBefore(rollouts, placeOfWave(policy), { pair: CUSTOM, releaseVersion: imageId });
