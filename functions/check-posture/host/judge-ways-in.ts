import { insideOf, isPublicNetwork } from '../../shared/fleet/networks.ts';
import { type Judgement, judged } from '../../shared/posture/verdict.ts';
import { type Host, isBottlerocket, NOT_GATHERED } from './host.ts';
import type { Door, InstanceFacts, RegionFacts, RemoteAccess } from './instance-facts.ts';

/** Judges keys and certificates where an SSH daemon runs that would accept them, or starts at a connection. */
export function judgeKeys(host: Host): Judgement {
  if (isBottlerocket(host)) return judged('N/A', 'Bottlerocket has no SSH daemon on the host (see SSH.4)');
  if (host.ssh === undefined) return judged('MANUAL', NOT_GATHERED);
  const { running, authorizedKeys, certificates, keysCommand } = host.ssh;
  const withKeys = authorizedKeys.filter(({ keys }) => keys > 0);
  const evidence = [
    ...withKeys.map(({ path, user, keys }) => ({ file: path, value: `${keys} keys let ${user} in` })),
    ...(certificates === ''
      ? []
      : [{ file: certificates, value: 'TrustedUserCAKeys: certificates of this authority let users in' }]),
  ];
  if (!running) return judged('PASS', 'no SSH daemon runs', ...evidence);
  if (evidence.length > 0) return judged('FAIL', ...evidence);
  if (keysCommand !== '' && !INSTANCE_CONNECT.test(keysCommand))
    return judged('MANUAL', `the SSH daemon takes keys from ${keysCommand}: which ones is not known here`);
  return judged('PASS', 'no authorized_keys has a key');
}

/** The command of EC2 Instance Connect, which has a check of its own (aws-ec2-instance-connect-config). */
const INSTANCE_CONNECT = /\/eic_run_authorized_keys$/;

/**
 * Judges EC2 Instance Connect. It pushes a key for a minute, without authorized_keys, and its endpoint leads to port 22
 * of instances without any other route. Only IAM and a closed port 22 keep people out.
 */
export function judgeInstanceConnect(
  host: Host,
  instance: InstanceFacts | undefined,
  { connectEndpoints }: RegionFacts,
): Judgement {
  if (isBottlerocket(host)) return judged('N/A', 'Bottlerocket has no SSH daemon on the host');
  if (host.ssh === undefined) return judged('MANUAL', NOT_GATHERED);
  const { running, keysCommand } = host.ssh;
  if (!running) return judged('PASS', 'no SSH daemon runs');
  const { vpc } = instance ?? {};
  const endpoints = vpc === undefined ? undefined : connectEndpoints && (connectEndpoints.get(vpc) ?? []);
  const ways = [
    ...(keysCommand === ''
      ? []
      : [
          `the SSH daemon takes keys from ${keysCommand}: ${
            INSTANCE_CONNECT.test(keysCommand)
              ? 'who may call ec2-instance-connect:SendSSHPublicKey and reaches 22 gets in'
              : 'see SSH.1, and whether it asks EC2 Instance Connect'
          }`,
        ]),
    ...(endpoints ?? []).map(
      (id) =>
        `the endpoint ${id} in ${vpc} leads to 22: who may call ec2-instance-connect:OpenTunnel needs no other way`,
    ),
  ];
  if (ways.length > 0) return judged('MANUAL', ...ways);
  if (endpoints === undefined) return judged('MANUAL', 'EC2 did not tell of EC2 Instance Connect Endpoints');
  return judged('PASS', 'the SSH daemon asks no command for keys, and its VPC has no endpoint');
}

/** A key without source groups opens port 22 to 0.0.0.0/0 (EKS API reference, RemoteAccessConfig). */
export function judgeRemoteAccess(remoteAccess: RemoteAccess | undefined): Judgement {
  if (remoteAccess === undefined) return judged('MANUAL', 'EKS did not tell of remoteAccess');
  if (remoteAccess === 'none') return judged('PASS', 'no remoteAccess: EKS lets nobody in');
  const { key, sourceGroups } = remoteAccess;
  if (sourceGroups.length === 0)
    return judged('FAIL', `remoteAccess has the key ${key} and no sourceSecurityGroups: port 22 is open to the world`);
  return judged('MANUAL', `remoteAccess has the key ${key}: ${sourceGroups.join(', ')} may reach port 22`);
}

export const judgeKeyPair = ({ keyName }: InstanceFacts): Judgement =>
  keyName === undefined
    ? judged('PASS', 'the instance was launched without a key pair')
    : judged('FAIL', `the instance was launched with the key pair ${keyName}`);

export function judgeAdminContainer(host: Host): Judgement {
  if (!isBottlerocket(host)) return judged('N/A', 'only Bottlerocket has an admin container');
  if (typeof host.adminContainer !== 'boolean') return judged('MANUAL', 'apiclient did not tell');
  return judged(
    host.adminContainer ? 'FAIL' : 'PASS',
    `settings.host-containers.admin.enabled is ${host.adminContainer}`,
  );
}

/**
 * Judges rules at 22 and 3389. A rule for public addresses fails even if no route leads there today, which the evidence
 * says. Private addresses outside of the VPC may belong to other networks, so a person must look.
 */
export function judgeRules({ doors, vpc = '', hasPublicAddress }: InstanceFacts, { networks }: RegionFacts): Judgement {
  if (doors === undefined) return judged('MANUAL', 'EC2 did not tell of its security groups');
  const text = ({ group, port, from }: Door): string => `${group} lets ${from} in at ${port}`;
  const isInside = insideOf(networks?.get(vpc) ?? []);
  const open = doors.filter(({ from }) => isPublicNetwork(from) && !isInside(from));
  const unreached =
    hasPublicAddress === false
      ? ['the instance has no public address: from the Internet no route leads there today']
      : [];
  if (open.length > 0) return judged('FAIL', ...open.map(text), ...unreached);
  const doubtful = doors.filter(({ from }) => !from.startsWith('sg-') && !isInside(from));
  if (doubtful.length > 0) return judged('MANUAL', ...doubtful.map(text));
  return judged('PASS', 'no rule for 22 or 3389 but from inside the VPC', ...doors.map(text));
}
