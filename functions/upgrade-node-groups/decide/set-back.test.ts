import { describe, expect, it } from 'vitest';
import { broughtBy, refusedAsReleaseSetBack } from './set-back.ts';

const [OLD, NEW, NEWER] = ['1.33.12-20260625', '1.33.13-20260714', '1.33.13-20260718'];
const AT = Date.parse('2026-07-14T12:00:00Z');
const brought = { kubernetesVersion: '1.33', from: OLD, to: NEW, at: AT };
const view = (releaseVersion: string, more: object = {}) => ({
  version: '1.33',
  amiType: 'AL2023_x86_64_STANDARD',
  releaseVersion,
  ...more,
});
const upgrade = (more: object = {}) => ({ releaseVersion: NEW, from: OLD, attempt: 1, requestedAt: AT, ...more });

describe('what is remembered of an upgrade', () => {
  it('is the release before and after it', () => expect(broughtBy(upgrade(), view(NEW), {})).toEqual({ brought }));

  it('is, too, that it began where somebody had set the group back', () => {
    const next = broughtBy(upgrade({ releaseVersion: NEWER }), view(NEWER), { brought });
    expect(next).toEqual({ brought: { ...brought, to: NEWER, again: true } });
    const onward = broughtBy(upgrade({ releaseVersion: NEWER, from: NEW }), view(NEWER), { brought });
    expect(onward).toEqual({ brought: { ...brought, from: NEW, to: NEWER } });
  });

  it.each<[string, object]>([
    ['replaces nodes with the same release', { replaces: AT }],
    ['brings another Kubernetes version', { kubernetesVersion: '1.34' }],
    ['brings an AMI of its own', { former: { templateId: 'lt-1', imageId: 'ami-1' } }],
    ['began before releases were remembered', { from: undefined }],
  ])('is nothing where it %s', (_, more) => expect(broughtBy(upgrade(more), view(NEW), {})).toEqual({}));
});

describe('a release', () => {
  const again = { ...brought, again: true as const };
  it.each<[string, object, ReturnType<typeof view>, string]>([
    ['from which the group was set back', { brought }, view(OLD), NEW],
    ['from which it was set back to an older one than it ran', { brought }, view('1.33.11-20260505'), NEW],
    ['in between', { brought }, view(OLD), '1.33.12-20260701'],
    ['after a second time', { brought: again }, view(OLD), NEWER],
  ])('%s is refused', (_, state, seen, release) => {
    const refused = refusedAsReleaseSetBack(state, seen, release);
    expect([refused?.decision, refused?.reason, refused?.start]).toEqual(['refused', 'release-set-back', undefined]);
  });

  it.each<[string, object, ReturnType<typeof view>, string]>([
    ['where no upgrade is remembered', {}, view(OLD), NEW],
    ['that is newer', { brought }, view(OLD), NEWER],
    ['where the group runs what was brought', { brought }, view(NEW), NEWER],
    ['where somebody has moved it on', { brought: again }, view(NEWER), '1.33.13-20260725'],
    ['of another Kubernetes version', { brought }, view(OLD, { version: '1.34' }), NEW],
    ['where the versions do not tell', { brought }, view('odd'), NEW],
  ])('comes %s', (_, state, seen, release) => {
    expect(refusedAsReleaseSetBack(state, seen, release)).toBeUndefined();
  });
});
