import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { EC2Client } from '@aws-sdk/client-ec2';
import { DescribeInstanceInformationCommand, GetConnectionStatusCommand, SSMClient } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import { nodeGroup, observation } from '../model/observation.fixture.ts';
import { observeKeyPairs } from './observe-key-pairs.ts';

/** The agents of all nodes answer, and sessions reach those in these zones. */
async function silentWhere(connected: readonly string[]) {
  const zones = ['a', 'a', 'b', 'b', 'c'];
  const nodes = zones.map((zone, index) => ({ instanceId: `i-${zone}${index}`, launchedAt: index, zone }));
  const ec2 = new EC2Client({ region: 'eu-central-1' });
  ec2.send = async () => ({
    LaunchTemplateVersions: [{ VersionNumber: 1, LaunchTemplateData: { KeyName: 'ops' } }],
    LaunchTemplates: [{ LaunchTemplateId: 'lt-1' }],
  });
  const ssm = new SSMClient({ region: 'eu-central-1' });
  ssm.send = async (command: unknown) => {
    if (command instanceof DescribeInstanceInformationCommand) {
      return {
        InstanceInformationList: nodes.map(({ instanceId: InstanceId }) => ({ InstanceId, PingStatus: 'Online' })),
      };
    }
    if (!(command instanceof GetConnectionStatusCommand)) throw new Error('no other call is expected');
    const zone = command.input.Target?.charAt(2) ?? '';
    return { Status: connected.includes(zone) ? 'connected' : 'notconnected' };
  };
  const autoScaling = new AutoScalingClient({ region: 'eu-central-1' });
  autoScaling.send = async () => ({ AutoScalingGroups: [] });
  const view = nodeGroup({ nodes, launchTemplate: { id: 'lt-1', version: '1' } });
  const [seen] = (await observeKeyPairs({ autoScaling, ec2, ssm }, [observation(view)])).values();
  const { keyPair } = seen ?? {};
  return keyPair?.kind === 'named' && keyPair.agents.kind === 'read' ? keyPair.agents.silent : keyPair;
}

it('a session in one zone says nothing of another, whose subnets may have no way to Session Manager', async () => {
  expect(await silentWhere(['a', 'b', 'c'])).toEqual([]);
  expect(await silentWhere(['a', 'c'])).toEqual(['i-b2', 'i-b3']);
  expect(await silentWhere([])).toHaveLength(5);
});
