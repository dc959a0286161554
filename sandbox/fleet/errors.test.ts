import { describe, expect, it } from 'vitest';
import { FleetFileError } from './fleet.ts';
import { parseFleet } from './parse-fleet.ts';

const START = '2026-07-14T12:00:00Z';

function problems(text: string) {
  try {
    parseFleet(text, 'fleet.json');
  } catch (error) {
    if (error instanceof FleetFileError) return error.problems.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

const ofCluster = (cluster: object, more: object = {}) =>
  problems(JSON.stringify({ startsAt: START, ...more, clusters: [{ name: 'c', version: '1.33', ...cluster }] }));
const ofGroup = (group: object) =>
  ofCluster({ nodeGroups: [{ name: 'g', releaseVersion: '1.33.4-20260701', ...group }] });
const ofRelease = (release: object) =>
  problems(
    JSON.stringify({
      startsAt: START,
      releases: [
        {
          at: '+1h',
          kubernetesVersion: '1.33',
          amiType: 'AL2023_x86_64_STANDARD',
          releaseVersion: '1.33.4-20260701',
          ...release,
        },
      ],
    }),
  );

describe('a fleet file that is wrong', () => {
  it('names the place when it is no JSON', () => {
    expect(() => parseFleet('{"a":', 'my.json')).toThrow(/^my\.json: .*JSON/);
  });

  it('names every field at once', () => {
    expect(problems('{"startsAt":"noon","acount":"1","clusters":[{"version":"1.33"}]}')).toEqual([
      'startsAt: expected an ISO 8601 time with a zone (2026-07-14T06:00:00Z)',
      'clusters[0].name: missing: give a text',
      'acount: unknown key. Did you mean "account"?',
    ]);
  });

  it.each([
    ['an unknown key', { nodePools: [] }, 'clusters[0].nodePools: unknown key'],
    ['a bad version', { version: '33' }, 'clusters[0].version: expected a Kubernetes version such as 1.33'],
    ['a bad status', { status: 'BUSY' }, /^clusters\[0\]\.status: /],
    ['a bad name', { name: 'a b' }, /^clusters\[0\]\.name: expected letters/],
    ['a repeated name without a number', { repeat: 3 }, 'clusters[0].name: a repeated name must contain {n}'],
    [
      'two groups of one name',
      {
        nodeGroups: [
          { name: 'a', releaseVersion: '1.33.4-20260701' },
          { name: 'a', releaseVersion: '1.33.4-20260701' },
        ],
      },
      'clusters[0].nodeGroups[1].name: the name a is there already',
    ],
    [
      'a name that a repetition has taken',
      {
        nodeGroups: [
          { name: 'g-{n}', repeat: 3, desiredSize: 0, releaseVersion: '1.33.4-20260701' },
          { name: 'g-2', releaseVersion: '1.33.4-20260701' },
        ],
      },
      'clusters[0].nodeGroups[1].name: the name g-2 is there already',
    ],
    [
      'a time with a bad unit',
      { statusUntil: '+2x' },
      /^clusters\[0\]\.statusUntil: expected an ISO 8601 time with a zone .*\+2h/,
    ],
    [
      'a time without a zone',
      { statusUntil: '2026-07-14T12:00:00' },
      /^clusters\[0\]\.statusUntil: expected an ISO 8601 time with a zone/,
    ],
    [
      'a day that does not exist',
      { statusUntil: '2026-02-30T12:00:00Z' },
      'clusters[0].statusUntil: no such day or time in the calendar',
    ],
    [
      'an access entry of a function and a role',
      { accessEntries: [{ function: 'f', principalArn: 'arn:aws:iam::111122223333:role/r' }] },
      'clusters[0].accessEntries[0].function: give either function or principalArn',
    ],
    [
      'an endpoint for something else',
      { network: { endpoints: { services: ['s3'] } } },
      /^clusters\[0\]\.network\.endpoints\.services\[0\]: /,
    ],
    [
      'a target group of addresses that Auto Scaling shall fill',
      { nodeGroups: [{ name: 'g', targetGroups: [{ name: 't', type: 'ip', attached: true }] }] },
      /^clusters\[0\]\.nodeGroups\[0\]\.targetGroups\[0\]\.attached: Auto Scaling registers instances only/,
    ],
    [
      'a self-managed group that is larger than it may be',
      { selfManagedGroups: [{ name: 's', imageId: 'ami-0badcafe0badcafe0', size: 3, maxSize: 2 }] },
      'clusters[0].selfManagedGroups[0].size: 3 is above maxSize 2',
    ],
    [
      'a bad image',
      { selfManagedGroups: [{ name: 's', imageId: 'x' }] },
      /^clusters\[0\]\.selfManagedGroups\[0\]\.imageId: expected an AMI id/,
    ],
  ])('is refused for %s', (_name, cluster, expected) => {
    expect(ofCluster(cluster)).toEqual([
      expect.stringMatching(expected instanceof RegExp ? expected : literally(expected)),
    ]);
  });

  it.each([
    ['an unknown AMI type', { amiType: 'AL2024' }, /^amiType: /],
    [
      'AL2 from 1.33 on, which only runs what it has',
      { amiType: 'AL2_x86_64', version: '1.33', releaseVersion: undefined },
      'releaseVersion: needed: no release of AL2_x86_64 for Kubernetes 1.33 is known at the start',
    ],
    [
      'a release of another form',
      { amiType: 'BOTTLEROCKET_x86_64', releaseVersion: '1.30.0' },
      'releaseVersion: not a release of BOTTLEROCKET_x86_64 for Kubernetes 1.33; one reads 1.30.0-ca9b9399',
    ],
    [
      'a release of another version',
      { version: '1.32' },
      'releaseVersion: not a release of AL2023_x86_64_STANDARD for Kubernetes 1.32; one reads 1.32.4-20250116',
    ],
    [
      'a release that is nowhere stated',
      { releaseVersion: undefined },
      'releaseVersion: needed: no release of AL2023_x86_64_STANDARD for Kubernetes 1.33 is known at the start',
    ],
    [
      'a version ahead of its cluster',
      { version: '1.34', releaseVersion: '1.34.1-20260701' },
      "version: 1.34 is newer than the cluster's 1.33",
    ],
    ['sizes that contradict', { desiredSize: 5, maxSize: 3 }, 'desiredSize: 5 is not between minSize 0 and maxSize 3'],
    [
      'both limits',
      { updateConfig: { maxUnavailable: 1, maxUnavailablePercentage: 5 } },
      'updateConfig.maxUnavailable: give either maxUnavailable or maxUnavailablePercentage',
    ],
    [
      'a custom AMI without an image',
      { amiType: 'CUSTOM', releaseVersion: undefined },
      /^launchTemplate: amiType CUSTOM needs a launchTemplate with an imageId/,
    ],
    [
      'a custom AMI with a release',
      { amiType: 'CUSTOM', launchTemplate: { imageId: 'ami-0123456789abcdef0' } },
      /^releaseVersion: a group with a custom AMI has no release version/,
    ],
    ['an unknown error code', { updates: { fails: [{ errorCode: 'Oops' }] } }, /^updates\.fails\[0\]\.errorCode: /],
    ['an agent version that is none', { ssm: { version: '3.2' } }, 'ssm.version: expected a version such as 3.2.582.0'],
    ['an agent in an unknown state', { ssm: { agent: 'asleep' } }, /^ssm\.agent: /],
    ['endpoints of its own, which serve a whole VPC', { ssm: { network: { endpoints: {} } } }, /^ssm\.network: /],
    [
      'an operating system that its release decides about',
      { ssm: { osImage: 'Ubuntu 22.04.5 LTS' } },
      /^ssm: only nodes of a custom AMI are told their osImage/,
    ],
    [
      'a workload of a bad name',
      { workloads: [{ name: 'Web' }] },
      'workloads[0].name: expected lower-case letters, digits and -',
    ],
    [
      'two workloads of one name',
      { workloads: [{ name: 'web' }, { name: 'web', namespace: 'default' }] },
      'workloads[1].name: default/web is there already',
    ],
    [
      'a disruption budget that says two things',
      { workloads: [{ name: 'web', disruptionBudget: { minAvailable: 1, maxUnavailable: '50%' } }] },
      'workloads[0].disruptionBudget.minAvailable: give either minAvailable or maxUnavailable',
    ],
    [
      'a disruption budget that is no share',
      { workloads: [{ name: 'web', disruptionBudget: { minAvailable: 'half' } }] },
      /^workloads\[0\]\.disruptionBudget\.minAvailable: /,
    ],
    ['an unknown instance type', { instanceType: 'x99.huge' }, /^instanceType: expected an EC2 instance type/],
  ])('is refused for a node group with %s', (_name, group, expected) => {
    const pattern = typeof expected === 'string' ? literally(expected).source.slice(1) : expected.source.slice(1);
    expect(ofGroup(group)).toEqual([
      expect.stringMatching(new RegExp(`^clusters\\[0\\]\\.nodeGroups\\[0\\]\\.${pattern}`)),
    ]);
  });

  it.each([
    ['of another cluster', { clusters: 2, ports: [80] }, 'clusters[1].nodeGroups[0].targetGroups[0]', 'd-1'],
    ['of another port', { clusters: 1, ports: [80, 81] }, 'clusters[0].nodeGroups[1].targetGroups[0]', 'd-1'],
  ])('is refused for a target group whose name is that of one %s', (_name, { clusters, ports }, path, owner) => {
    const nodeGroups = ports.map((port, index) => ({
      name: `g-${index}`,
      releaseVersion: '1.33.4-20260701',
      targetGroups: [{ name: 't', port }],
    }));
    const fleet = { startsAt: START, clusters: [{ repeat: clusters, name: 'd-{n}', version: '1.33', nodeGroups }] };
    expect(problems(JSON.stringify(fleet))).toEqual([
      `${path}.name: the name t is there already, for targets of type instance on port 80 of cluster ${owner}`,
    ]);
  });

  it.each([
    ['an unknown key', { amiTyp: 'x' }, 'releases[0].amiTyp: unknown key. Did you mean "amiType"?'],
    ['no AMI type', { amiType: undefined }, 'releases[0].amiType: give either amiType or amiTypes'],
    ['a bad time', { at: 'tomorrow' }, /^releases\[0\]\.at: expected an ISO 8601 time/],
    ['a bad release', { releaseVersion: '1.33' }, /^releases\[0\]\.releaseVersion: not a release of/],
    [
      'AL2 from 1.33 on',
      { amiType: undefined, amiTypes: ['AL2_x86_64'] },
      /^releases\[0\]\.amiTypes: AL2_x86_64 has no releases/,
    ],
    ['a withdrawal before it is there', { withdrawnAt: '-1h' }, 'releases[0].withdrawnAt: must be later than at (+1h)'],
  ])('is refused for a release with %s', (_name, release, expected) => {
    expect(ofRelease(release)).toEqual([
      expect.stringMatching(expected instanceof RegExp ? expected : literally(expected)),
    ]);
  });

  it('is refused for a release stated twice, and for an unknown or an empty history', () => {
    const release = { at: '+1h', kubernetesVersion: '1.33', amiType: 'AL2_x86_64', releaseVersion: '1.32.4-20260701' };
    const twice = { ...release, kubernetesVersion: '1.32' };
    expect(problems(JSON.stringify({ startsAt: START, releases: [twice, twice] }))).toEqual([
      'releases[1]: 1.32.4-20260701 of AL2_x86_64 is there already',
    ]);
    const histories = [
      { history: 'eks-ami-releases', from: '2026-07-01', to: '2026-07-02' },
      { history: 'eks-ami-releases', from: '2026-07-01', to: '2026-06-31' },
      { history: 'my-releases', from: '2026-07-01', to: '2026-07-02' },
    ];
    const found = histories.map((history) => problems(JSON.stringify({ startsAt: START, releases: [history] })));
    expect(found).toEqual([
      ['releases[0].from: there is no release from 2026-07-01 to 2026-07-02'],
      ['releases[0].to: no such day in the calendar'],
      [expect.stringMatching(/^releases\[0\]\.history: /)],
    ]);
  });
});

const literally = (text: string) => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);

describe('a near miss', () => {
  it.each([
    [{ nodegroups: [] }, 'clusters[0].nodegroups: unknown key. Did you mean "nodeGroups"?'],
    [{ version: 1.34 }, 'clusters[0].version: must be a text: write "1.34", in quotes'],
    [{ nodeGroups: {} }, 'clusters[0].nodeGroups: must be a list: put it into [ ]'],
    [
      { nodeGroups: [{ name: 'g', desiredSize: '3' }] },
      'clusters[0].nodeGroups[0].desiredSize: must be a number: write 3, without quotes',
    ],
  ])('is told with the fix: %j', (cluster, expected) => {
    expect(ofCluster(cluster)).toContain(expected);
  });
});
