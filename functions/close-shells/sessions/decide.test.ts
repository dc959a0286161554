import { describe, expect, it } from 'vitest';
import { policySchema } from '../../policy-document.ts';
import type { SessionPreferences } from '../../shared/posture/session-preferences.ts';
import { decideSessions, refused, wantedPreferences } from './decide.ts';
import { type SessionsIntent, undoOf } from './intent.ts';

const policy = (sessions: object = {}, rest: object = {}) =>
  policySchema('enforce').parse({ shells: { sessions }, ...rest });
const ACCOUNT = '111122223333';
/** The decision about a document in this state. */
const decideBy = (
  present: Parameters<typeof decideSessions>[0],
  by: ReturnType<typeof policy>,
  more: { isKnown?: boolean; intent?: SessionsIntent } = {},
) =>
  decideSessions(present, wantedPreferences(by, ACCOUNT) ?? {}, {
    mode: by.shells.sessions.mode,
    isKnown: false,
    ...more,
  });
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
    expect(decideBy(open, policy({ ...wanted, mode: 'enforce' }))).toMatchObject({
      reason: 'sessions-being-set',
      begins: { version: '3', set: asWanted },
      message:
        'Changed cloudWatchLogGroupName from nothing to /ssm/sessions, cloudWatchEncryptionEnabled from nothing to true, idleSessionTimeout from nothing to 15.',
    });
    const byDefault = decideBy(open, policy(wanted));
    expect(byDefault).toMatchObject({ decision: 'would-act', reason: 'would-set-sessions' });
    expect(byDefault.begins).toBeUndefined();
    for (const [sessions, rest] of [
      [{ mode: 'enforce' }, {}],
      [{ ...wanted, mode: 'off' }, {}],
      [{ ...wanted, mode: 'enforce' }, { killSwitch: true }],
      [{ ...wanted, mode: 'enforce' }, { scope: { accounts: ['444455556666'] } }],
    ] as const)
      expect(wantedPreferences(policy(sessions, rest), ACCOUNT)).toBeUndefined();
    const here = policy(wanted, { scope: { accounts: ['444455556666', ACCOUNT] } });
    expect(wantedPreferences(here, ACCOUNT)).toEqual(asWanted);
  });

  it('that are as wanted are told of only where they were not before', () => {
    const set = policy({ ...wanted, mode: 'enforce' });
    expect(decideBy(document(asWanted), set)).toMatchObject({ silent: true });
    expect(decideBy(document(asWanted), set, { isKnown: true })).toMatchObject({
      decision: 'done',
      reason: 'sessions-set',
    });
  });

  it('that were set by a reconcile that died are told of with what was there before, whatever is wanted since', () => {
    const intent = { version: '2', set: asWanted, change: 'idleSessionTimeout from nothing to 15' };
    for (const by of [policy({ ...wanted, mode: 'enforce' }), policy({ idleMinutes: 20 })])
      expect(decideBy(document(asWanted), by, { intent })).toMatchObject({
        reason: 'sessions-being-set',
        message: 'Changed idleSessionTimeout from nothing to 15.',
        made: intent,
      });
    // The reconcile died before the change, so the change is made now.
    const before = { ...document({}), version: '2' };
    const decision = decideBy(before, policy({ ...wanted, mode: 'enforce' }), { intent });
    expect(decision).toMatchObject({ begins: { version: '2', set: asWanted } });
    expect(decision.made).toBeUndefined();
    expect(undoOf(intent)).toContain('--document-version 2');
  });

  it('that AWS lets nobody set are told of with the setting that allows it', () => {
    expect(refused('AccessDeniedException: no').message).toBe(
      'AccessDeniedException: no To allow it, deploy with -c sessionRights=on.',
    );
    expect(refused('InvalidDocumentContent: no').message).toBe('InvalidDocumentContent: no');
  });

  it('that cannot be understood are left as they are, and that is said', () => {
    const decision = decideBy(undefined, policy({ ...wanted, mode: 'enforce' }));
    expect(decision).toMatchObject({ decision: 'failed', reason: 'sessions-refused' });
    expect(decision.begins).toBeUndefined();
  });

  it('take the names of the document, a log always with its encryption', () => {
    const all = { s3Bucket: 'logs-of-sessions', kmsKey: 'alias/sessions', runAsUser: 'operator' };
    expect(wantedPreferences(policy(all), ACCOUNT)).toEqual({
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
