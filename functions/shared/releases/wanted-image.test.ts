import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { machineImage } from './machine-image.fixture.ts';
import { type Candidate, type MachineImage, newestBaked, offerOf } from './wanted-image.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-07-20T12:00:00Z');
const HERE = { controlPlane: '1.33', now: NOW };

const image = (change: Partial<MachineImage> = {}) =>
  machineImage({ architecture: 'arm64', createdAt: NOW - 2 * DAY, ...change });
const present = image({ imageId: 'ami-old', name: 'golden-eks-1.33-al2023-20260601', createdAt: NOW - 50 * DAY });
const offer = (...images: MachineImage[]) =>
  offerOf(
    images.map((one) => ({ image: one })),
    present,
    HERE,
  );

describe('the AMIs that a group may move to', () => {
  it('are the newer ones, oldest first', () => {
    const newest = image({ imageId: 'ami-newest', createdAt: NOW - DAY });
    const older = image({ imageId: 'ami-older', createdAt: NOW - 60 * DAY });
    expect(offer(newest, older, present, image())).toMatchObject({
      newer: [{ imageId: 'ami-new', since: NOW - 2 * DAY }, { imageId: 'ami-newest' }],
      present: 'outdated',
      refused: [],
    });
  });

  it.each([
    ['newest', [present, image({ createdAt: NOW - 60 * DAY })]],
    ['newer-than-named', [image({ createdAt: NOW - 60 * DAY })]],
    ['none-named', []],
    ['outdated', [present, image()]],
  ])('the present one is %s', (stands, images) => expect(offer(...images).present).toBe(stands));

  it.each<[Partial<MachineImage>, string]>([
    [{ owner: '999999999999' }, 'its owner is 999999999999, and that of the present one 111122223333'],
    [{ architecture: 'x86_64' }, 'its architecture is x86_64, and that of the present one arm64'],
    [{ platform: 'Windows' }, 'its platform is Windows'],
    [{ platform: '' }, 'its platform is unknown'],
    [{ rootDevice: '/dev/sda1' }, 'its root device is /dev/sda1'],
    [{ state: 'disabled' }, 'it is disabled'],
    [{ deprecatedAt: NOW }, 'it is deprecated since 2026-07-20T12:00:00.000Z'],
    [{ isAllowed: false }, 'do not admit it'],
    [
      { name: 'bottlerocket-aws-k8s-1.33-aarch64-v1.42.0-ca9b9399' },
      'Bottlerocket, and the present one Amazon Linux 2023',
    ],
    [{ name: 'golden_al2_eks_1.33' }, 'Amazon Linux 2, and the present one Amazon Linux 2023'],
    [{ name: 'golden-eks-1.34-al2023-20260718' }, 'for Kubernetes 1.34, and the nodes may run 1.33 at most'],
    [{ name: 'golden-eks-1.32-al2023-20260718' }, 'for Kubernetes 1.32, and the present one for 1.33: nodes are never'],
    [{ name: 'golden-eks-1.34.2-al2023-20260718' }, 'for Kubernetes 1.34, and the nodes may run 1.33 at most'],
  ])('leave out one with %j', (change, why) => {
    expect(offer(image(change))).toMatchObject({ newer: [], refused: [{ why: expect.stringContaining(why) }] });
  });

  it.each<Partial<MachineImage>>([
    { deprecatedAt: NOW + 1 },
    { isAllowed: true },
    { name: 'hardened-7' },
    { name: 'golden-eks-1.33.9-al2023' },
    { name: 'image 1.32' },
    { name: 'image 1.99' },
  ])('take one with %j', (change) => expect(offer(image(change)).newer).toHaveLength(1));

  it('are those for its Kubernetes version, whatever was built for an older one after them', () => {
    const own = image({ imageId: 'ami-own', name: 'golden-eks-1.33-al2023-20260717', createdAt: NOW - 3 * DAY });
    const last = image({ imageId: 'ami-last', name: 'golden-eks-1.31-al2023-20260718', createdAt: NOW - 2 * DAY });
    const { newer } = offerOf([{ image: own }, { image: last }], present, HERE);
    expect(newer).toMatchObject([{ imageId: 'ami-own' }]);
  });

  it('are none for an older Kubernetes version where the group already runs that of a control plane just upgraded', () => {
    const ahead = image({ imageId: 'ami-old', name: 'golden-eks-1.34-al2023-20260601', createdAt: NOW - 50 * DAY });
    const { newer, refused } = offerOf([{ image: image({ name: 'golden-eks-1.33-al2023-20260718' }) }], ahead, HERE);
    expect(newer).toEqual([]);
    expect(refused[0]?.why).toContain('nodes are never moved back');
  });

  it('bake from when they were made or named, whichever came later', () => {
    const named = (namedAt: number): Candidate => ({ image: image(), namedAt });
    expect(offerOf([named(NOW - DAY)], present, HERE).newer).toMatchObject([{ since: NOW - DAY }]);
    expect(offerOf([named(NOW - 9 * DAY)], present, HERE).newer).toMatchObject([{ since: NOW - 2 * DAY }]);
  });
});

describe('an AMI whose name tells that it is of another kind', () => {
  const EKS = 'amazon-eks-node-al2023-x86_64';
  it.each([
    // The user data of one does not start the kubelet of the other (awslabs/amazon-eks-ami#2632).
    [
      'amazon-eks-node-1.32-v20251120',
      `${EKS}-standard-1.32-v20260714`,
      'Amazon Linux 2023, and the present one Amazon Linux 2',
    ],
    ['amazon-eks-gpu-node-1.32-v20251120', `${EKS}-nvidia-1.32-v20260714`, 'and the present one Amazon Linux 2'],
    ['amazon-eks-arm64-node-1.32-v20251120', 'amazon-eks-node-al2023-arm64-standard-1.32-v20260714', 'Amazon Linux 2'],
    // Without the driver, pods that ask for a GPU stay pending (rancher/rancher#29472).
    [`${EKS}-nvidia-1.33-v20260601`, `${EKS}-standard-1.33-v20260714`, 'none of NVIDIA GPUs, Neuron and FIPS, and the'],
    [
      `${EKS}-standard-1.33-v20260601`,
      `${EKS}-nvidia-1.33-v20260714`,
      'made for NVIDIA GPUs, and the present one for none',
    ],
    [
      `${EKS}-neuron-1.33-v20260601`,
      `${EKS}-nvidia-1.33-v20260714`,
      'made for NVIDIA GPUs, and the present one for Neuron',
    ],
    ['amazon-eks-gpu-node-1.32-v20251001', 'amazon-eks-node-1.32-v20251120', 'and the present one for NVIDIA GPUs'],
    [
      'bottlerocket-aws-k8s-1.33-nvidia-x86_64-v1.41.0-aaaaaaaa',
      'bottlerocket-aws-k8s-1.33-x86_64-v1.42.0-bbbbbbbb',
      'GPU',
    ],
    [
      'bottlerocket-aws-k8s-1.33-fips-x86_64-v1.41.0-aaaaaaaa',
      'bottlerocket-aws-k8s-1.33-x86_64-v1.42.0-bbbbbbbb',
      'FIPS',
    ],
    ['golden-eks-gpu-1.33-7', 'golden-eks-1.33-8', 'and the present one for NVIDIA GPUs'],
    [
      'Windows_Server-2019-English-Core-EKS_Optimized-1.33-2026.06.14',
      'Windows_Server-2022-English-Core-EKS_Optimized-1.33-2026.07.14',
      'Windows 2022 core, and the present one Windows 2019 core',
    ],
    [
      'Windows_Server-2022-English-Core-EKS_Optimized-1.33-2026.06.14',
      'Windows_Server-2022-English-Full-EKS_Optimized-1.33-2026.07.14',
      'Windows 2022 full, and the present one Windows 2022 core',
    ],
    [
      'ubuntu-eks/k8s_1.33/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260601',
      'ubuntu-eks/k8s_1.33/images/hvm-ssd-gp3/ubuntu-jammy-22.04-amd64-server-20260714',
      'Ubuntu 22.04, and the present one Ubuntu 24.04: nodes are never moved back',
    ],
  ])('%s is not replaced by %s', (before, after, why) => {
    const running = image({ imageId: 'ami-old', name: before, createdAt: NOW - 50 * DAY });
    const { newer, refused } = offerOf([{ image: image({ name: after }) }], running, HERE);
    expect(newer).toEqual([]);
    expect(refused[0]?.why).toContain(why);
  });

  it.each([
    ['amazon-eks-node-1.32-v20251001', 'amazon-eks-node-1.32-v20251120'],
    [`${EKS}-nvidia-1.33-v20260601`, `${EKS}-nvidia-1.33-v20260714`],
    [`${EKS}-nvidia-560-1.33-v20260601`, `${EKS}-nvidia-1.33-v20260714`],
    ['golden-eks-gpu-1.33-7', 'golden-eks-cuda-1.33-8'],
    [
      'Windows_Server-2022-English-Core-EKS_Optimized-1.33-2026.06.14',
      'Windows_Server-2022-English-Core-EKS_Optimized-1.33-2026.07.14',
    ],
    [
      'ubuntu-eks/k8s_1.33/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-20260601',
      'ubuntu-eks/k8s_1.33/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-20260714',
    ],
  ])('%s is replaced by %s', (before, after) => {
    const running = image({ imageId: 'ami-old', name: before, createdAt: NOW - 50 * DAY });
    expect(offerOf([{ image: image({ name: after }) }], running, HERE).newer).toHaveLength(1);
  });
});

describe('newestBaked', () => {
  it('is the newest that has baked, or else the first that will have', () => {
    const at = (imageId: string, days: number) => ({ imageId, name: imageId, since: NOW - days * DAY });
    expect(newestBaked([at('a', 9), at('b', 5), at('c', 1)], 4 * DAY, NOW)).toMatchObject({ imageId: 'b' });
    expect(newestBaked([at('a', 1), at('b', 2)], 4 * DAY, NOW)).toMatchObject({ imageId: 'b' });
    expect(newestBaked([], DAY, NOW)).toBeUndefined();
  });
});

const anyImage = fc.record<MachineImage>({
  imageId: fc.constantFrom('ami-1', 'ami-2', 'ami-3', 'ami-4'),
  name: fc.constantFrom('al2023-eks-1.33', 'ubuntu-eks-1.33', 'golden', 'eks-1.35', ''),
  owner: fc.constantFrom('1', '2', ''),
  architecture: fc.constantFrom('arm64', 'x86_64', ''),
  platform: fc.constantFrom('Linux/UNIX', 'Windows', ''),
  rootDevice: fc.constantFrom('/dev/xvda', '/dev/sda1'),
  rootDeviceType: fc.constantFrom('ebs', 'instance-store'),
  virtualization: fc.constant('hvm'),
  state: fc.constantFrom('available', 'deregistered'),
  createdAt: fc.integer({ min: 0, max: 9 }),
  deprecatedAt: fc.integer({ min: 0, max: 9 }),
  isAllowed: fc.boolean(),
});

describe('whatever AMIs there are', () => {
  it('offers none that is older or of another kind, and says of each newer one that is not offered why', () => {
    fc.assert(
      fc.property(fc.array(anyImage, { maxLength: 6 }), anyImage, (images, now) => {
        const candidates = images.map((one) => ({ image: one }));
        const { newer, refused } = offerOf(candidates, now, { controlPlane: '1.33', now: 5 });
        for (const { imageId, since } of newer) {
          const alike = images.filter((one) => one.imageId === imageId);
          expect(
            alike.some(
              (one) =>
                one.createdAt > now.createdAt &&
                since >= one.createdAt &&
                one.owner === now.owner &&
                one.owner !== '' &&
                one.architecture === now.architecture &&
                one.platform === now.platform &&
                one.state === 'available' &&
                one.isAllowed === true &&
                (one.deprecatedAt ?? 0) > 5,
            ),
          ).toBe(true);
        }
        const later = images.filter((one) => one.imageId !== now.imageId && one.createdAt > now.createdAt);
        expect(newer.length + refused.length).toBe(later.length);
        for (const { why } of refused) expect(why).not.toBe('');
      }),
    );
  });
});
