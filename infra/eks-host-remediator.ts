import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { EksHostRemediatorProps } from './props.ts';
import { Remediator } from './remediator.ts';
import { readSettings, type Settings } from './settings.ts';

/**
 * The remediator for your own CDK app: one per stack, for the account and region of that stack. All its names begin
 * with the stack's name, and `eks-host-remediator --stack NAME` finds it by the stack's outputs.
 */
export class EksHostRemediator extends Remediator {
  /** @throws SettingsError for an unknown property or a bad value: the message names it, and what would be valid */
  constructor(scope: Construct, id: string, props: EksHostRemediatorProps) {
    // The package has the bundles beside this module.
    super(scope, id, settingsOf(scope, props), join(import.meta.dirname, 'functions'));
  }
}

function settingsOf(scope: Construct, props: EksHostRemediatorProps): Settings {
  const { accessEntryClusters, installerRegistries, ...others } = props;
  const given = {
    ...others,
    stackName: Stack.of(scope).stackName,
    ...(accessEntryClusters && { accessEntryClusters: accessEntryClusters.join(',') }),
    ...(installerRegistries && { installerRegistries: installerRegistries.join(',') }),
  };
  return readSettings(given, 'the properties of EksHostRemediator', '');
}
