import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { RemediatorNames } from './names.ts';
import type { EksHostRemediatorProps } from './props.ts';
import { Remediator } from './remediator.ts';
import { readSettings } from './settings.ts';

/**
 * The remediator for your own CDK app: one per stack, for the account and region of that stack. All its names begin
 * with the stack's name, and `eks-host-remediator --stack NAME` finds it by the stack's outputs.
 */
export class EksHostRemediator extends Construct implements RemediatorNames {
  readonly policyParameterName: string;
  readonly logGroupName: string;
  readonly eventBusName: string;
  readonly alarmTopicArn: string;
  readonly pageTopicArn: string;

  /** @throws SettingsError for an unknown property or a bad value: the message names it, and what would be valid */
  constructor(scope: Construct, id: string, props: EksHostRemediatorProps) {
    super(scope, id);
    const { accessEntryClusters, installerRegistries, ...others } = props;
    const given = {
      ...others,
      stackName: Stack.of(this).stackName,
      ...(accessEntryClusters && { accessEntryClusters: accessEntryClusters.join(',') }),
      ...(installerRegistries && { installerRegistries: installerRegistries.join(',') }),
    };
    const settings = readSettings(given, 'the properties of EksHostRemediator', '');
    // The package has the bundles beside this module.
    const { names } = new Remediator(this, 'Default', settings, join(import.meta.dirname, 'functions'));
    this.policyParameterName = names.policyParameterName;
    this.logGroupName = names.logGroupName;
    this.eventBusName = names.eventBusName;
    this.alarmTopicArn = names.alarmTopicArn;
    this.pageTopicArn = names.pageTopicArn;
  }
}
