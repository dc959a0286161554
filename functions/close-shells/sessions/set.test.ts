import type { SSMClient } from '@aws-sdk/client-ssm';
import { expect, it } from 'vitest';
import type { SessionPreferences } from '../../shared/posture/session-preferences.ts';
import type { AwsCall } from '../../shared/records/record.ts';
import { setPreferences } from './set.ts';

/** Systems Manager with one document whose default version is the first; it lets nobody choose another one at first. */
function systemsManager() {
  const versions = [JSON.stringify({ schemaVersion: '1.0', sessionType: 'Standard_Stream', inputs: { kept: 'x' } })];
  const state = { isDenied: true, chosen: '1' };
  const send = async (command: { constructor: { name: string }; input: Record<string, string> }) => {
    const { name } = command.constructor;
    const { Content = '', DocumentVersion = '' } = command.input;
    if (name === 'GetDocumentCommand') return { Content: versions.at(-1), DocumentVersion: String(versions.length) };
    if (name === 'UpdateDocumentCommand') versions.push(Content);
    if (name === 'UpdateDocumentDefaultVersionCommand') {
      if (state.isDenied) throw new Error('denied');
      state.chosen = DocumentVersion;
    }
    return { $metadata: { requestId: name }, DocumentDescription: { DocumentVersion: String(versions.length) } };
  };
  return { versions, state, ssm: { send } as unknown as SSMClient };
}

it('a version that was made and could not be made the default one is used by the next try, and each call is noted', async () => {
  const { versions, state, ssm } = systemsManager();
  const document = { version: '1', content: JSON.parse(versions[0] ?? '') };
  const attempt = async (now: number, set: SessionPreferences) => {
    const calls: AwsCall[] = [];
    await setPreferences(ssm, document, set, now, calls).catch(() => undefined);
    return calls.map(({ operation }) => operation);
  };
  expect(await attempt(1, { idleSessionTimeout: '15' })).toEqual(['UpdateDocument']);
  expect(await attempt(2, { idleSessionTimeout: '15' })).toEqual([]);
  expect(versions).toHaveLength(2);
  state.isDenied = false;
  expect(await attempt(3, { idleSessionTimeout: '15' })).toEqual(['UpdateDocumentDefaultVersion']);
  expect(state.chosen).toBe('2');
  expect(JSON.parse(versions[1] ?? '').inputs).toEqual({ kept: 'x', idleSessionTimeout: '15' });
  // A change of the policy in between makes another version.
  expect(await attempt(4, { idleSessionTimeout: '20' })).toEqual(['UpdateDocument', 'UpdateDocumentDefaultVersion']);
});
