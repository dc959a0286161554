import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { whyNotJson } from '../functions/shared/text/not-json.ts';
import { isSetting, readSettings, type Settings, SettingsError } from './settings.ts';

/** The file that deploys read and write, unless `-c settingsFile=PATH` names another one. */
export const DEFAULT_SETTINGS_FILE = 'remediator.settings.json';

/** The CDK context key that names the settings file. It is not a setting itself. */
export const SETTINGS_FILE_KEY = 'settingsFile';

export type GivenSettings = Readonly<Record<string, string | number>>;

const fileSchema = z.record(z.string(), z.union([z.string(), z.number()]));

/**
 * Reads the settings of earlier deploys; undefined when the file does not exist yet.
 * @throws SettingsError for a file that is not a JSON object of texts and numbers
 */
function readSettingsFile(path: string): GivenSettings | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return parseSettingsFile(text, path);
}

/** @throws SettingsError as {@link readSettingsFile} */
export function parseSettingsFile(text: string, path: string): GivenSettings {
  const example = '{ "mode": "observe", "alarmEmail": "ops@example.com" }';
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new SettingsError(`${path} is not JSON: ${whyNotJson(text, error)}`);
  }
  const parsed = fileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') || 'the file';
  throw new SettingsError(`${path}: ${place} must be a text or a number in an object such as ${example}`);
}

export const writtenSettings = (settings: GivenSettings): string => `${JSON.stringify(settings, null, 2)}\n`;

/**
 * The settings of a CDK run: those of the file, plus `-c key=value`. A value that differs from the file is refused,
 * because the next deploy would not know of it and would revert it.
 *
 * @throws SettingsError for a bad setting, a bad file, or a setting that differs between the two
 */
export function readSettingsWithFile(context: Readonly<Record<string, unknown>>): Settings {
  const { [SETTINGS_FILE_KEY]: named, ...given } = context;
  const path = typeof named === 'string' ? named : DEFAULT_SETTINGS_FILE;
  const file = readSettingsFile(path);
  if (file === undefined && named !== undefined) throw new SettingsError(`settingsFile=${path}: there is no such file`);
  if (file === undefined) return readSettings(given);
  const own = Object.entries(given).filter(([key]) => isSetting(key));
  const different = own.filter(([key, value]) => key in file && String(file[key]) !== String(value));
  if (different.length > 0) {
    const lines = different.map(([key, value]) => `\n  -c ${key}=${value}: the file says ${file[key]}`);
    throw new SettingsError(
      `The command line and ${path} differ:${lines.join('')}\nChange the file, or run npm run deploy -- with that option, which does.`,
    );
  }
  return readSettings({ ...file, ...given }, `${path} and the CDK context`);
}
