import { withBundles } from './bundle.ts';
import { RemediatorApp } from './remediator-app.ts';
import { SettingsError } from './settings.ts';
import { readSettingsWithFile } from './settings-file.ts';

try {
  await withBundles((bundles) => new RemediatorApp(bundles, {}, readSettingsWithFile).synth());
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
