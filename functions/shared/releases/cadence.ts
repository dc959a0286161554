/**
 * Typical time between two releases of Amazon Linux AMIs, days: the median of the 41 that EKS published from June 2025
 * to July 2026 (CHANGELOG of awslabs/amazon-eks-ami, as in sandbox/releases).
 */
export const DAYS_BETWEEN_RELEASES = 8;
