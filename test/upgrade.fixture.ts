export const OLD = '1.33.12-20260625';
export const NEW = '1.33.13-20260714';
export const release = (releaseVersion: string, at: string, more: object = {}) => ({
  at,
  kubernetesVersion: '1.33',
  amiType: 'AL2023_x86_64_STANDARD',
  releaseVersion,
  ...more,
});
export const group = (name: string, more: object = {}) => ({
  name,
  desiredSize: 2,
  updates: { minutesPerNode: 4 },
  ...more,
});
export const fleet = (nodeGroups: object[], more: object = {}) => ({
  startsAt: '2026-07-14T00:00:00Z',
  releases: [release(OLD, '-10d'), release(NEW, '+90m')],
  clusters: [{ name: 'shop', version: '1.33', nodeGroups, ...more }],
});

/** A bake time of two hours, so that a test need not run for a day: seen at +2h, rolled out at +4h. */
export const FAST = { upgrades: { bakeAge: '2h' } };

/** A group of one node, whose update takes four minutes. */
export const small = (name: string, updates: object = {}) =>
  group(name, { desiredSize: 1, updates: { minutesPerNode: 4, ...updates } });

/** A cluster of a rollout by waves. */
export const ring = (name: string, nodeGroups: object[], more: object = {}) => ({
  name,
  version: '1.33',
  nodeGroups,
  ...more,
});

const failure = { errorCode: 'NodeCreationFailure', errorMessage: 'did not join', afterMinutes: 5 };

/** A cluster of two canaries, which a release fails twice. */
export const failingLab = () =>
  ring('lab', [small('one', { fails: [failure, failure] }), small('two', { fails: [failure, failure] })]);
