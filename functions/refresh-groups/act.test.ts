import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { type ActDeps, carryOut } from './act.ts';
import { decide } from './decide.ts';
import { circumstances, HOUR, known, NEW, NOW, OLD, seen, under } from './observation.fixture.ts';
import type { Observation } from './observation.ts';
import type { RefreshState } from './refresh-ledger.ts';

/** Carries out what is decided, and fails at an operation where one is named. */
async function play(observation: Observation, failing?: string) {
  let saved: RefreshState = observation.state;
  const done: string[] = [];
  const answers: Readonly<Record<string, object>> = {
    CreateLaunchTemplateVersionCommand: {
      LaunchTemplateVersion: { VersionNumber: 4, LaunchTemplateData: { ImageId: NEW } },
    },
    StartInstanceRefreshCommand: { InstanceRefreshId: 'r-1' },
    RollbackInstanceRefreshCommand: { InstanceRefreshId: 'r-1' },
  };
  const send = async ({ constructor: { name } }: object) => {
    done.push(name.replace(/Command$/, ''));
    if (name === `${failing}Command`) throw new Error('The host died.');
    return { ...answers[name], $metadata: {} };
  };
  const documents = {
    send: async ({ input: { Item } }: { input: { Item: RefreshState } }) => {
      if (Item.revision !== saved.revision + 1)
        throw new ConditionalCheckFailedException({ message: '', $metadata: {} });
      saved = Item;
      done.push('save');
    },
  };
  const deps = {
    autoScaling: { send },
    ec2: { send },
    ledger: { documents, table: 't' },
    recorder: { record: () => undefined },
    caller: 'one',
  };
  const here = circumstances();
  await carryOut(deps as unknown as ActDeps, observation, decide(observation, here), here).catch(() => undefined);
  return { saved, done };
}

describe('what is saved while a refresh is begun', () => {
  it('names the version of the template before the refresh starts', async () => {
    const { saved, done } = await play(seen(), 'StartInstanceRefresh');
    expect(done).toEqual(['save', 'CreateLaunchTemplateVersion', 'save', 'StartInstanceRefresh']);
    expect(saved.refresh).toMatchObject({ target: NEW, version: '4' });
    expect(saved.refresh).not.toHaveProperty('refreshId');
  });

  it('names the refresh, and since when AWS knows it, after it', async () => {
    const { saved } = await play(seen());
    expect(saved.refresh).toMatchObject({ version: '4', refreshId: 'r-1', takenAt: NOW });
  });

  it('makes no version where the one in use names the AMI already', async () => {
    const template = { ...seen().template!, data: { ImageId: NEW } };
    const { saved, done } = await play(seen({ template }));
    expect([done.includes('CreateLaunchTemplateVersion'), saved.refresh?.version]).toEqual([false, '3']);
  });

  it('does not say that it is rolled back where that was not asked of AWS', async () => {
    const ruling = { kind: 'rejected' as const, id: 'r', at: NOW, requestedBy: 'somebody', why: 'it is bad' };
    const proposal = { target: `undo ${NEW} ${OLD}`, at: NOW - HOUR, ruling };
    const observation = seen({ state: under({ proposal }), refreshes: [known('InProgress')] });
    expect((await play(observation, 'RollbackInstanceRefresh')).saved.refresh?.rolledBackAt).toBeUndefined();
    expect((await play(observation)).saved.refresh?.rolledBackAt).toBe(NOW);
  });
});
