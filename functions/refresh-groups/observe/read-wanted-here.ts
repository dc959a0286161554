import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { versionForImages } from '../../shared/fleet/control-plane.ts';
import { createControlPlaneReader } from '../../shared/fleet/control-plane-reader.ts';
import type { Wanted } from '../../shared/policy/wanted-image-section.ts';
import { createWantedReader, type WantedReading } from '../../shared/releases/read-wanted-images.ts';
import type { Policy } from '../policy.ts';

interface Clients {
  readonly ec2: EC2Client;
  readonly eks: EKSClient;
  readonly ssm: SSMClient;
}

/** What the policy names for the groups of a cluster. */
interface WantedHere {
  /** The newest Kubernetes version that nodes may run by now: that of the control plane, or the one before it. */
  readonly controlPlane: string;
  readonly wanted: WantedReading;
}

/** Reads the AMIs that a policy names in a cluster, whose control plane runs a version. */
export type WantedHereReader = (
  cluster: string,
  version: string,
  wanted: Wanted,
  policy: Policy,
) => Promise<WantedHere>;

/**
 * Creates a reader that asks for the same AMIs, and for what was done to the same control plane, only once. EKS rolls no
 * control plane back behind its nodes, so that groups take AMIs for its version only once it has settled.
 *
 * @param now epoch ms
 */
export function createWantedHereReader(clients: Clients, now: number): WantedHereReader {
  const readWanted = createWantedReader(clients);
  const readControlPlane = createControlPlaneReader(clients.eks, now);
  return async (cluster, version, wanted, { upgrades }) => {
    const reading = await readControlPlane(cluster);
    if (reading.kind === 'unreadable') return { controlPlane: version, wanted: reading };
    const controlPlane = versionForImages(version, reading, upgrades.controlPlane.followAfter, now);
    return { controlPlane, wanted: await readWanted(wanted, controlPlane) };
  };
}
