type Descriptors = Record<string, PropertyDescriptor>;

/** Of what was copied before: each cold start copies the same modules, and `process`. */
const known = new WeakMap<object, Descriptors>();

function descriptorsOf(module: object): Descriptors {
  const descriptors = known.get(module) ?? Object.getOwnPropertyDescriptors(module);
  known.set(module, descriptors);
  return descriptors;
}

/** A copy of a Node module with some of its exports replaced. Getters stay lazy; exports stay own properties. */
export function withOverrides<Module extends object>(
  module: Module,
  overrides: Readonly<Record<string, unknown>>,
): Module {
  return Object.defineProperties(Object.create(Object.getPrototypeOf(module)), {
    ...descriptorsOf(module),
    ...Object.getOwnPropertyDescriptors(overrides),
  });
}
