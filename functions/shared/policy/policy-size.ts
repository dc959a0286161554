/**
 * Maximum size of the policy document, bytes of UTF-8. The stack's parameter has the tier Intelligent-Tiering (Systems
 * Manager user guide, "Managing parameter tiers").
 */
export const MOST_POLICY_BYTES = 8_192;
