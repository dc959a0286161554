import { BlockList, isIP } from 'node:net';
import { type Judgement, judged } from '../../shared/posture/verdict.ts';
import { type Host, isBottlerocket, NOT_GATHERED } from './host.ts';
import type { InstanceFacts } from './instance-facts.ts';

/** Keys in authorized_keys, where an SSH daemon runs that would take them. */
export function judgeKeys(host: Host): Judgement {
  if (isBottlerocket(host)) return judged('N/A', 'Bottlerocket has no SSH daemon on the host (see SSH.4)');
  if (host.ssh === undefined) return judged('MANUAL', NOT_GATHERED);
  const { running, authorizedKeys } = host.ssh;
  const withKeys = authorizedKeys.filter(({ keys }) => keys > 0);
  const evidence = withKeys.map(({ path, user, keys }) => ({ file: path, value: `${keys} keys let ${user} in` }));
  if (!running) return judged('PASS', 'no SSH daemon runs', ...evidence);
  return withKeys.length > 0 ? judged('FAIL', ...evidence) : judged('PASS', 'no authorized_keys has a key');
}

/** EC2 Instance Connect pushes a key for a minute past authorized_keys: by IAM and port 22 alone it is kept out. */
export function judgeInstanceConnect(host: Host): Judgement {
  if (isBottlerocket(host)) return judged('N/A', 'Bottlerocket has no SSH daemon on the host');
  if (host.ssh === undefined) return judged('MANUAL', NOT_GATHERED);
  const { running, keysCommand } = host.ssh;
  if (!running) return judged('PASS', 'no SSH daemon runs');
  if (keysCommand === '') return judged('PASS', 'the SSH daemon asks no command for keys');
  return judged(
    'MANUAL',
    `the SSH daemon takes keys from ${keysCommand}: who may call ec2-instance-connect:SendSSHPublicKey and reaches 22 gets in`,
  );
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
 * Rules at 22 and 3389. Those for public addresses fail, whether a route leads there today or not. Those for private ones
 * may be for other networks: somebody must look.
 */
export function judgeRules({ doors }: InstanceFacts): Judgement {
  if (doors === undefined) return judged('MANUAL', 'EC2 did not tell of its security groups');
  const text = ({ group, port, from }: (typeof doors)[number]): string => `${group} lets ${from} in at ${port}`;
  const open = doors.filter(({ from }) => isPublic(from));
  if (open.length > 0) return judged('FAIL', ...open.map(text));
  const doubtful = doors.filter(({ from }) => !from.startsWith('sg-'));
  if (doubtful.length > 0) return judged('MANUAL', ...doubtful.map(text));
  return judged('PASS', 'no rule for 22 or 3389 but for other security groups', ...doors.map(text));
}

/** Networks that no route of the Internet leads to. */
const PRIVATE = (
  [
    ['10.0.0.0', 8],
    ['172.16.0.0', 12],
    ['192.168.0.0', 16],
    ['100.64.0.0', 10],
    ['169.254.0.0', 16],
    ['127.0.0.0', 8],
    ['fc00::', 7],
    ['fe80::', 10],
  ] as const
).map(([network, prefix]) => {
  const addresses = new BlockList();
  addresses.addSubnet(network, prefix, network.includes(':') ? 'ipv6' : 'ipv4');
  return { addresses, prefix };
});

/** Whether a CIDR has addresses outside these networks. Other sources, such as prefix lists, do not tell. */
function isPublic(from: string): boolean {
  const [address = '', prefix = ''] = from.split('/');
  const family = isIP(address);
  if (family === 0) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  return !PRIVATE.some((network) => Number(prefix) >= network.prefix && network.addresses.check(address, type));
}
