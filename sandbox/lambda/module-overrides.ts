/** A copy of a Node module with some of its exports replaced. Getters stay lazy; exports stay own properties. */
export function withOverrides<Module extends object>(
  module: Module,
  overrides: Readonly<Record<string, unknown>>,
): Module {
  return Object.defineProperties(Object.create(Object.getPrototypeOf(module)), {
    ...Object.getOwnPropertyDescriptors(module),
    ...Object.getOwnPropertyDescriptors(overrides),
  });
}
