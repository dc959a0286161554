import { ADMIN_CONTAINER } from '../../sandbox/account/ssm/host-script.ts';
import { al2023, bottlerocket, file } from '../../sandbox/account/ssm/node-systems.ts';

export const KEYS = '/home/ec2-user/.ssh/authorized_keys';

/** A host with an SSH daemon, and a key that opens a shell. */
const WITH_KEY = al2023({
  files: [
    file('/etc/passwd', '0644', 'root:x:0:0::/root:/bin/bash\nec2-user:x:1000:1000::/home/ec2-user:/bin/bash\n'),
    file(KEYS, '0600', 'ssh-ed25519 AAAA somebody\n'),
    file('/proc/77/comm', '0444', 'sshd\n'),
    file('/sys/fs/selinux/enforce', '0644', '0'),
  ],
});
const WITH_ADMIN = { ...bottlerocket(), files: [file(ADMIN_CONTAINER, '0644', 'true')] };

/** One worker with a key, and one with the admin container. */
export const fleet = {
  startsAt: '2026-07-14T00:00:00Z',
  clusters: [
    {
      name: 'shop',
      version: '1.33',
      nodeGroups: [
        {
          name: 'web',
          amiType: 'AL2023_x86_64_STANDARD',
          releaseVersion: '1.33.5-20260601',
          desiredSize: 1,
          ssm: { commands: { host: WITH_KEY } },
        },
        {
          name: 'batch',
          amiType: 'BOTTLEROCKET_x86_64',
          releaseVersion: '1.50.0-1a2b3c4d',
          desiredSize: 1,
          ssm: { commands: { host: WITH_ADMIN } },
        },
      ],
    },
  ],
};
/** Turns off the other remediations that would act. */
export const QUIET = { upgrades: { mode: 'off' }, quarantine: { mode: 'off' }, imds: { mode: 'off' } };
