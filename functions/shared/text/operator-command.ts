/**
 * The operators' command in every text. It works by npx in a clone, where the package is installed, and after `npm
 * install -g` (https://docs.npmjs.com/cli/v11/commands/npx).
 */
export const OPERATOR_COMMAND = 'npx eks-host-remediator';
