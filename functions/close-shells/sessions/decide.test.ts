import { describe, expect, it } from 'vitest';
import { policySchema } from '../../policy-document.ts';
import type { SessionPreferences } from '../../shared/posture/session-preferences.ts';
import { decideSessions, wantedPreferences } from './decide.ts';

const policy = (sessions: object = {}, rest: object = {}) =>
  policySchema('enforce').parse({ shells: { sessions }, ...rest });
const wanted = { cloudWatchLogGroup: '/ssm/sessions', idleMinutes: 15 };
const document = (inputs: SessionPreferences) => ({ version: '3', content: { schemaVersion: '1.0', inputs } });
const asWanted = {
  cloudWatchLogGroupName: '/ssm/sessions',
  cloudWatchEncryptionEnabled: true,
  idleSessionTimeout: '15',
};

describe("Session Manager's preferences", () => {
  it('are set in mode enforce, told of by default, and left alone where nothing is wanted', () => {
    const open = document({ s3BucketName: 'kept' });
    expect(decideSessions(open, policy({ ...wanted, mode: 'enforce' }), false)).toMatchObject({
      reason: 'sessions-being-set',
      set: asWanted,
      message:
        'Changed cloudWatchLogGroupName from nothing to /ssm/sessions, cloudWatchEncryptionEnabled from nothing to true, idleSessionTimeout from nothing to 15.',
    });
    const byDefault = decideSessions(open, policy(wanted), false);
    expect(byDefault).toMatchObject({ decision: 'would-act', reason: 'would-set-sessions' });
    expect(byDefault.set).toBeUndefined();
    for (const [sessions, rest] of [
      [{ mode: 'enforce' }, {}],
      [{ ...wanted, mode: 'off' }, {}],
      [{ ...wanted, mode: 'enforce' }, { killSwitch: true }],
    ] as const)
      expect(decideSessions(open, policy(sessions, rest), false)).toMatchObject({ silent: true });
  });

  it('that are as wanted are told of only where they were not before', () => {
    const set = policy({ ...wanted, mode: 'enforce' });
    expect(decideSessions(document(asWanted), set, false)).toMatchObject({ silent: true });
    expect(decideSessions(document(asWanted), set, true)).toMatchObject({ decision: 'done', reason: 'sessions-set' });
  });

  it('that cannot be understood are left as they are, and that is said', () => {
    const decision = decideSessions(undefined, policy({ ...wanted, mode: 'enforce' }), false);
    expect(decision).toMatchObject({ decision: 'failed', reason: 'sessions-refused' });
    expect(decision.set).toBeUndefined();
  });

  it('take the names of the document, a log always with its encryption', () => {
    const all = { s3Bucket: 'logs-of-sessions', kmsKey: 'alias/sessions', runAsUser: 'operator' };
    expect(wantedPreferences(policy(all))).toEqual({
      s3BucketName: 'logs-of-sessions',
      s3EncryptionEnabled: true,
      kmsKeyId: 'alias/sessions',
      runAsEnabled: true,
      runAsDefaultUser: 'operator',
    });
  });

  it.each([
    ['idleMinutes', 0],
    ['idleMinutes', 61],
    ['runAsUser', 'Root User'],
    ['kmsKey', 'my key'],
    ['s3Bucket', 'S3://x'],
    ['cloudWatchLogGroup', 'a b'],
    ['logGroup', 'x'],
  ])('are refused with %s %s, by name', (key, value) => {
    const { error } = policySchema('enforce').safeParse({ shells: { sessions: { [key]: value } } });
    expect(JSON.stringify(error?.issues)).toContain(key);
  });
});
