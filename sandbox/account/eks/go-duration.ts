const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1_000 };

/**
 * A duration as Karpenter writes it, such as `720h` or `1h30m`, in ms; undefined for `Never`. Source:
 * kubernetes-sigs/karpenter, pkg/apis/v1/duration.go.
 */
export const durationOf = (text: string): number | undefined =>
  text === 'Never'
    ? undefined
    : [...text.matchAll(/(\d+)([hms])/g)].reduce(
        (sum, [, count = '0', unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0),
        0,
      );
