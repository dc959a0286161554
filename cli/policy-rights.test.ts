import { describe, expect, it } from 'vitest';
import { readSettings } from '../infra/settings.ts';
import { NEEDS, rightsIn, rightsWarnings } from './policy-rights.ts';

const image = { upgrades: { image: { mode: 'enforce' } } };

describe('what a policy asks for without the right to it', () => {
  it.each([
    [image, /^upgrades\.image\.mode: "enforce" needs the setting imageRights, which is off by default/],
    [{ upgrades: { image: { mode: 'observe' } } }, /^upgrades\.image\.mode: "observe" .*no parameter/],
    [{ upgrades: { keyPairs: { mode: 'enforce' } } }, /^upgrades\.keyPairs\.mode: .*-c imageRights=on$/],
    [{ refreshes: { mode: 'enforce' } }, /^refreshes\.mode: .*-c refreshRights=on$/],
    [{ shells: { sessions: { mode: 'enforce' } } }, /^shells\.sessions\.mode: .*-c sessionRights=on$/],
    [{ overrides: [{}, { name: 'x', ...image }] }, /^overrides\.1\.upgrades\.image\.mode: /],
  ])('is told, with the setting, where nobody knows the deployment: %j', (document, warning) => {
    expect(rightsWarnings(document, undefined)).toEqual([expect.stringMatching(warning)]);
  });

  it.each([{}, { upgrades: { mode: 'enforce', keyPairs: { mode: 'observe' } } }, { shells: { hosts: 'enforce' } }])(
    'is nothing where no right is needed, or the right is there by default: %j',
    (document) => expect(rightsWarnings(document, undefined)).toEqual([]),
  );

  it('is told of a stack by its own settings', () => {
    const all = { ...image, shells: { hosts: 'enforce' } };
    expect(rightsWarnings(all, rightsIn('imageRights=on shellRights=on'))).toEqual([]);
    expect(rightsWarnings(all, rightsIn('imageRights=off shellRights=off'))).toEqual([
      expect.stringContaining('"enforce" needs the setting imageRights, which is off in this stack'),
      expect.stringContaining('shells.hosts: "enforce" needs the setting shellRights, which is off in this stack'),
    ]);
    // A stack of an earlier version has no such output.
    expect(rightsIn(undefined)).toBeUndefined();
  });

  it('knows each setting that gives rights, and its default', () => {
    const settings = readSettings({ mode: 'enforce' });
    const given = Object.entries(settings).filter(([name]) => name.endsWith('Rights'));
    const needed = new Map(NEEDS.map(({ setting, isOffByDefault }) => [setting, isOffByDefault ? 'off' : 'on']));
    expect([...needed].sort()).toEqual(given.sort());
  });
});
