import type { Random } from '../../time/random.ts';

/** An EBS volume, which is deleted with its instance. */
export interface Volume {
  readonly id: string;
  /** A value such as `/dev/xvda`. */
  readonly deviceName: string;
  readonly sizeGiB: number;
}

/** The volumes of an image, the root volume first. Bottlerocket has a separate data volume. */
export function attachVolumes(
  { osImage, windows }: { readonly osImage: string; readonly windows: boolean },
  ids: Random,
): Volume[] {
  const volume = (deviceName: string, sizeGiB: number) => ({ id: `vol-0${ids.hex(16)}`, deviceName, sizeGiB });
  if (windows) return [volume('/dev/sda1', 50)];
  if (osImage.startsWith('Bottlerocket')) return [volume('/dev/xvda', 4), volume('/dev/xvdb', 20)];
  return [volume('/dev/xvda', 20)];
}
