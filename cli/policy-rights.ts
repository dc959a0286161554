import type { Right } from '../functions/shared/declaration/right.ts';
import { valueAt } from '../functions/shared/policy/merge-override.ts';

type Setting = NonNullable<Right['unlessOff']>;

/** The settings of a deployment that grant rights to functions, such as `imageRights`, and whether each is on. */
export type RightsSettings = ReadonlyMap<string, string>;

/** A setting without which a key of the policy has no effect. */
interface Need {
  readonly key: string;
  readonly setting: Setting;
  /** Whether the setting is `off` unless a deployment says otherwise. */
  readonly isOffByDefault: boolean;
  /** The values that need the setting. */
  readonly values: readonly unknown[];
  /** The missing ability without the setting. */
  readonly without: string;
}

const NO_VERSIONS = 'no version of a launch template can be made';

/** The keys of the policy and the settings that they need. The rights themselves lie in the functions (`unlessOff`). */
export const NEEDS: readonly Need[] = [
  {
    key: 'upgrades.mode',
    setting: 'launchTemplateRights',
    isOffByDefault: false,
    values: ['enforce'],
    without: 'node groups with a launch template of yours are refused',
  },
  {
    key: 'upgrades.image.mode',
    setting: 'imageRights',
    isOffByDefault: true,
    values: ['enforce', 'observe'],
    without: `no parameter that names an AMI can be read, and ${NO_VERSIONS}`,
  },
  {
    key: 'upgrades.keyPairs.mode',
    setting: 'imageRights',
    isOffByDefault: true,
    values: ['enforce'],
    without: NO_VERSIONS,
  },
  {
    key: 'refreshes.mode',
    setting: 'refreshRights',
    isOffByDefault: true,
    values: ['enforce'],
    without: 'no instance refresh can begin',
  },
  {
    key: 'drains.mode',
    setting: 'drainRights',
    isOffByDefault: true,
    values: ['enforce'],
    without: 'no lifecycle hook can be made',
  },
  {
    key: 'shells.hosts',
    setting: 'shellRights',
    isOffByDefault: false,
    values: ['enforce'],
    without: 'no host can be changed',
  },
  {
    key: 'shells.sessions.mode',
    setting: 'sessionRights',
    isOffByDefault: true,
    values: ['enforce'],
    without: "Session Manager's preferences cannot be set",
  },
];

/** Parses the stack's output `Rights`, such as `imageRights=off shellRights=on`. */
export const rightsIn = (output: string | undefined): RightsSettings | undefined =>
  output === undefined
    ? undefined
    : new Map(
        output.split(' ').flatMap((each) => (each.includes('=') ? [each.split('=', 2) as [string, string]] : [])),
      );

/**
 * Warns about settings of a document that need a right which the deployment lacks; a pure function.
 *
 * @param document as written, because nobody is warned of a default
 * @param rights undefined where the deployment is unknown
 */
export function rightsWarnings(document: unknown, rights: RightsSettings | undefined): string[] {
  const overrides = valueAt(document, 'overrides');
  const parts = [
    { within: document, prefix: '' },
    ...(Array.isArray(overrides) ? overrides : []).map((within: unknown, index) => ({
      within,
      prefix: `overrides.${index}.`,
    })),
  ];
  return parts.flatMap(({ within, prefix }) =>
    NEEDS.flatMap(({ key, setting, isOffByDefault, values, without }) => {
      const value = valueAt(within, key);
      if (!values.includes(value)) return [];
      const asked = `${prefix}${key}: "${value}" needs the setting ${setting}`;
      const fix = `deploy with -c ${setting}=on`;
      if (rights === undefined)
        return isOffByDefault
          ? [
              `${asked}, which is off by default. This check does not see how the stack was deployed. While it is off, ${without}: ${fix}`,
            ]
          : [];
      return rights.get(setting) === 'off' ? [`${asked}, which is off in this stack, so ${without}: ${fix}`] : [];
    }),
  );
}
