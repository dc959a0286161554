/** The id of a function's construct, a part of its name in Lambda: `UpgradeNodeGroups` for `upgrade-node-groups`. */
export const constructIdOf = (name: string): string =>
  name.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
