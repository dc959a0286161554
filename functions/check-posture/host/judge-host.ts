import { HOST_CHECKS, type HostCheckId } from '../../shared/posture/host-checks.ts';
import { type Judgement, judged } from '../../shared/posture/verdict.ts';
import type { Host } from './host.ts';
import type { InstanceFacts, RegionFacts, RemoteAccess } from './instance-facts.ts';
import { judgeConfinement, judgeLabels, judgeMandatoryAccess } from './judge-selinux.ts';
import { judgeEncryptionByDefault, judgeImage, judgeSessions, judgeVolumes } from './judge-storage.ts';
import { judgeSystem } from './judge-system.ts';
import {
  judgeAdminContainer,
  judgeInstanceConnect,
  judgeKeyPair,
  judgeKeys,
  judgeRemoteAccess,
  judgeRules,
} from './judge-ways-in.ts';
import type { Pods } from './observe-pods.ts';

export type HostJudgements = Readonly<Record<HostCheckId, Judgement>>;

/** The facts of EKS and Kubernetes about a host. */
export interface Around {
  readonly remoteAccess?: RemoteAccess | undefined;
  readonly pods?: Pods | undefined;
}

/**
 * Judges a host by the script's output and by EC2's facts about its instance; pure. Nothing passes without evidence.
 *
 * @param instance undefined where EC2 returned nothing
 * @param now epoch milliseconds
 */
export function judgeHost(
  host: Host,
  instance: InstanceFacts | undefined,
  region: RegionFacts,
  now: number,
  { remoteAccess, pods = { untold: 'they were not asked for' } }: Around = {},
): HostJudgements {
  const ofInstance = (judge: (facts: InstanceFacts) => Judgement) => () =>
    instance === undefined ? judged('MANUAL', 'EC2 did not tell of the instance') : judge(instance);
  const of: Record<HostCheckId, () => Judgement> = {
    'SELINUX.1': () => judgeMandatoryAccess(host),
    'SELINUX.2': () => judgeConfinement(host, pods),
    'SELINUX.3': () => judgeLabels(host, pods),
    'SSH.1': () => judgeKeys(host),
    'SSH.2': ofInstance(judgeKeyPair),
    'SSH.3': ofInstance((facts) => judgeRules(facts, region)),
    'SSH.4': () => judgeAdminContainer(host),
    'SSH.5': () => judgeInstanceConnect(host, instance, region),
    'SSH.6': () => judgeRemoteAccess(remoteAccess),
    'SESSIONS.1': () => judgeSessions(region),
    'IMDS.1': ofInstance(judgeTokens),
    'IMDS.2': ofInstance(judgeHopLimit),
    'IMDS.3': ofInstance(judgeMetadata),
    'EBS.1': ofInstance(judgeVolumes),
    'EBS.2': () => judgeEncryptionByDefault(region),
    'AMI.1': ofInstance(judgeImage),
    'OS.1': () => judgeSystem(host, now).purpose,
    'OS.2': () => judgeSystem(host, now).life,
  };
  return Object.fromEntries(HOST_CHECKS.map(({ id }) => [id, of[id]()])) as Record<HostCheckId, Judgement>;
}

function judgeTokens({ httpTokens, httpEndpoint }: InstanceFacts): Judgement {
  if (httpEndpoint === 'disabled') return judged('N/A', 'HttpEndpoint is disabled');
  if (httpTokens === undefined) return judged('MANUAL', 'EC2 does not tell HttpTokens');
  return judged(httpTokens === 'required' ? 'PASS' : 'FAIL', `HttpTokens is ${httpTokens}`);
}

/** Version 1 knows no hop limit, so the limit keeps nobody out where version 1 is allowed. */
function judgeHopLimit({ httpTokens, httpEndpoint, hopLimit }: InstanceFacts): Judgement {
  if (httpEndpoint === 'disabled') return judged('N/A', 'HttpEndpoint is disabled');
  const limit = `HttpPutResponseHopLimit is ${hopLimit ?? 'not told'}`;
  if (httpTokens !== 'required')
    return judged('MANUAL', `${limit}, which keeps nobody out as long as version 1 answers`);
  if (hopLimit === 1) return judged('PASS', `${limit}; pods with hostNetwork reach it all the same`);
  return judged('MANUAL', `${limit}: pods reach the credentials of the node, which some add-ons need`);
}

function judgeMetadata({ httpEndpoint, metadataTags }: InstanceFacts): Judgement {
  const evidence = `HttpEndpoint is ${httpEndpoint ?? 'not told'}, InstanceMetadataTags is ${metadataTags ?? 'not told'}`;
  const isFine = httpEndpoint === 'enabled' && metadataTags !== 'enabled';
  return judged(isFine ? 'PASS' : 'MANUAL', evidence);
}
