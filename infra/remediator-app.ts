import { App, type AppProps, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { RemediatorStack } from './remediator-stack.ts';
import { readSettings } from './settings.ts';

/**
 * The CDK app: one stack, as the context says, checked by cdk-nag when it is synthesized. `bundles` is the directory
 * with the bundled functions.
 * @throws SettingsError for a bad setting in the context.
 */
export class RemediatorApp extends App {
  readonly stack: RemediatorStack;

  constructor(bundles: string, props?: AppProps) {
    super(props);
    this.stack = new RemediatorStack(this, readSettings(this.node.getAllContext()), bundles);
    Validations.of(this).addPlugins(new AwsSolutionsChecks(this));
  }
}
