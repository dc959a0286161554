/**
 * Maximum size of the policy document, bytes of UTF-8. The stack's parameter has the tier Intelligent-Tiering (Systems
 * Manager user guide, "Managing parameter tiers").
 */
export const MOST_POLICY_BYTES = 8_192;

/**
 * Maximum size that the tier Standard takes, bytes of UTF-8. A larger document makes the parameter an Advanced one,
 * which incurs a charge and never becomes Standard again (Systems Manager user guide, "Managing parameter tiers").
 */
const MOST_STANDARD_POLICY_BYTES = 4_096;

/**
 * What a parameter of this size costs; undefined where it costs nothing.
 * @param size bytes of UTF-8
 */
export const tierWarningOf = (size: number): string | undefined =>
  size <= MOST_STANDARD_POLICY_BYTES
    ? undefined
    : `it is ${size} bytes: over ${MOST_STANDARD_POLICY_BYTES} the parameter becomes one of the tier Advanced, which AWS charges for, and never becomes Standard again`;
