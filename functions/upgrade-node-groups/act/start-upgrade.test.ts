import { describe, expect, it } from 'vitest';
import type { TemplateChange } from '../../shared/fleet/launch-template-version.ts';
import { NEW_NODE_GROUP, type NodeGroupState } from '../../shared/ledger/node-group-ledger.ts';
import { say } from '../model/decision.ts';
import { NOW, nodeGroup, observation } from '../model/observation.fixture.ts';
import { policyOf } from '../policy.fixture.ts';
import { type StartDeps, startUpgrade } from './start-upgrade.ts';

const circumstances = { policy: policyOf({}), now: NOW, account: '111122223333', slots: {} };
const from = {
  templateId: 'lt-0123456789abcdef0',
  templateName: 'nodes',
  version: 3,
  tags: {},
  data: { KeyName: 'ops', ImageId: 'ami-0123456789abcdef0' },
};
const BOTH = { imageId: 'ami-0123456789abcdef1', withoutKeyPair: true } as const;
const KEY_ALONE = { withoutKeyPair: true } as const;

const refusal = (name: string, message = 'no') =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode: name === 'ServerException' ? 500 : 400 } });

interface Input {
  readonly LaunchTemplateData?: { readonly KeyName?: string };
  readonly launchTemplate?: { readonly version: string };
  readonly clientRequestToken?: string;
}

/**
 * Starts an upgrade. `ec2` may refuse a version, and `eks` an update to one, by whether the version names the key pair.
 */
async function started(
  change: TemplateChange,
  refuse: { ec2?: (namesKey: boolean) => Error | object; eks?: (namesKey: boolean) => Error | undefined },
  state: NodeGroupState = NEW_NODE_GROUP,
) {
  const made: boolean[] = [];
  const asked: Input[] = [];
  const saved: NodeGroupState[] = [];
  const ec2 = {
    send: async ({ input }: { input: Input }) => {
      const { LaunchTemplateData = {} } = input;
      const namesKey = LaunchTemplateData.KeyName !== undefined;
      const answer = refuse.ec2?.(namesKey) ?? {};
      if (answer instanceof Error) throw answer;
      made.push(namesKey);
      return {
        LaunchTemplateVersion: { VersionNumber: 3 + made.length, LaunchTemplateData },
        $metadata: { requestId: 'r' },
        ...answer,
      };
    },
  };
  const eks = {
    send: async ({ input }: { input: Input }) => {
      asked.push(input);
      const { launchTemplate } = input;
      const error = refuse.eks?.(launchTemplate === undefined || made[Number(launchTemplate.version) - 4] === true);
      if (error !== undefined) throw error;
      return { update: { id: 'u-1' }, $metadata: { requestId: 'r' } };
    },
  };
  const save = async (each: NodeGroupState) => {
    saved.push(each);
    return each;
  };
  const upgrade = { releaseVersion: BOTH.imageId, attempt: 1, requestedAt: NOW };
  const decision = {
    ...say('acted', 'upgrade-started', 'New nodes get no key pair.', { upgrade }, '1'),
    details: { keyPair: { keyName: 'ops', outcome: 'left-out' } },
    start: { version: '1.33', firstSeenAt: 0, force: false, template: { from, change } },
  };
  const ended = await startUpgrade(
    { ec2, eks, save } as unknown as StartDeps,
    { observation: observation(nodeGroup(), state), decision },
    circumstances,
  );
  return { ended, made, asked, saved };
}

describe('an upgrade that leaves the key pair out', () => {
  const ofKey = (error: Error) => (namesKey: boolean) => (namesKey ? undefined : error);
  const warning = { Warning: { Errors: [{ Code: 'InvalidKeyPair', Message: 'a key is needed' }] } };

  it.each([
    ['EC2 makes no version', BOTH, { ec2: (namesKey: boolean) => (namesKey ? {} : refusal('InvalidParameterValue')) }],
    [
      'EC2 does not let it be made',
      BOTH,
      { ec2: (namesKey: boolean) => (namesKey ? {} : refusal('UnauthorizedOperation')) },
    ],
    ['EC2 warns of the version', BOTH, { ec2: (namesKey: boolean) => (namesKey ? {} : warning) }],
    ['EKS takes no update to it', BOTH, { eks: ofKey(refusal('InvalidParameterException')) }],
    ['EKS takes no update to it', KEY_ALONE, { eks: ofKey(refusal('InvalidParameterException')) }],
    [
      'EKS does not let the caller',
      BOTH,
      { eks: ofKey(refusal('InvalidRequestException', 'You are not authorized to use the specified launch template')) },
    ],
    ['EKS answers what nobody knows', KEY_ALONE, { eks: ofKey(refusal('UnheardOfException')) }],
  ])('begins at the first try with the key where %s, and says so (%o)', async (_, change, refuse) => {
    const { ended, asked, saved } = await started(change, refuse);
    const { decision } = ended;
    expect(decision).toMatchObject({
      reason: 'upgrade-started',
      memory: { upgrade: { attempt: 1, updateId: 'u-1' } },
      details: { keyPair: { keyName: 'ops', outcome: 'kept' } },
    });
    expect(decision.message).toMatch(/The key pair stays all the same: /);
    expect(decision.memory.failures).toBeUndefined();
    // The ledger remembers the version that EKS is asked for, and the token is not that of the refused request.
    const version = asked.at(-1)?.launchTemplate?.version;
    expect(String(saved.at(-1)?.upgrade?.templateVersion)).toBe(String(version));
    expect(new Set(asked.map(({ clientRequestToken }) => clientRequestToken)).size).toBe(asked.length);
  });

  it.each([BOTH, KEY_ALONE])(
    'is not asked for twice where nobody knows whether the first request arrived (%o)',
    async (change) => {
      for (const name of ['ThrottlingException', 'ServerException', 'ResourceInUseException']) {
        const { asked, ended } = await started(change, { eks: () => refusal(name) });
        expect(asked).toHaveLength(1);
        expect(ended.decision.decision).toBe('waiting');
      }
    },
  );

  it('fails where the AMI is refused with the key, too', async () => {
    const { made, ended } = await started(BOTH, { ec2: () => refusal('InvalidParameterValue') });
    expect([made, ended.decision.reason]).toEqual([[], 'upgrade-refused']);
    const second = await started(BOTH, { eks: () => refusal('InvalidParameterException') });
    expect([second.made, second.ended.decision.reason]).toEqual([[false, true], 'upgrade-refused']);
  });
});

it('has another token where it is approved again, and the same one where an approved start is tried again', async () => {
  const tokenBy = async (id?: string) => {
    const ruling = { kind: 'approved' as const, id: id ?? '', requestedBy: 'somebody', why: 'because' };
    const proposal = id === undefined ? {} : { proposal: { target: BOTH.imageId, at: NOW, ruling } };
    const { asked } = await started({ imageId: BOTH.imageId }, {}, { ...NEW_NODE_GROUP, ...proposal });
    return asked[0]?.clientRequestToken;
  };
  const [unasked, first, again, second] = [await tokenBy(), await tokenBy('1'), await tokenBy('1'), await tokenBy('2')];
  expect(first).toBe(again);
  expect(new Set([unasked, first, second]).size).toBe(3);
});
