import type { MachineImage } from './wanted-image.ts';

/** An AMI for nodes, owned by the account, that may be used. */
export const machineImage = (change: Partial<MachineImage> & Pick<MachineImage, 'createdAt'>): MachineImage => ({
  imageId: 'ami-new',
  name: 'golden-eks-1.33-al2023-20260718',
  owner: '111122223333',
  architecture: 'x86_64',
  platform: 'Linux/UNIX',
  rootDevice: '/dev/xvda',
  rootDeviceType: 'ebs',
  virtualization: 'hvm',
  state: 'available',
  ...change,
});
