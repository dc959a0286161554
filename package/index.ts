/** The public exports of the package: see docs/library.md. */
export { EksHostRemediator } from '../infra/eks-host-remediator.ts';
export type { EksHostRemediatorProps } from '../infra/props.ts';
