import type { V1PodSpec } from '@kubernetes/client-node';

/**
 * Whether a pod tolerates every taint, so that a drained node does not keep it away. A toleration without a key and
 * with the operator Exists matches every taint. Without an effect it matches every effect.
 */
export const toleratesEverything = (spec: V1PodSpec | undefined): boolean =>
  spec?.tolerations?.some(
    ({ key = '', operator, effect = '' }) => key === '' && operator === 'Exists' && effect === '',
  ) ?? false;
