import { App, type AppProps, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { RemediatorStack } from './remediator-stack.ts';
import { readSettings, type Settings } from './settings.ts';

/** @throws SettingsError for a bad setting */
export type SettingsReader = (context: Readonly<Record<string, unknown>>) => Settings;

/**
 * The CDK app: one stack, configured by the context, checked by cdk-nag when it is synthesized. `bundles` is the
 * directory with the bundled functions.
 * @throws SettingsError for a bad setting in the context.
 */
export class RemediatorApp extends App {
  readonly stack: RemediatorStack;

  /** @param settingsOf makes the settings from the context of the CDK CLI and `props` */
  constructor(bundles: string, props?: AppProps, settingsOf: SettingsReader = readSettings) {
    super(props);
    this.stack = new RemediatorStack(this, settingsOf(this.node.getAllContext()), bundles);
    Validations.of(this).addPlugins(new AwsSolutionsChecks(this));
  }
}
