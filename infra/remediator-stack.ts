import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Remediator } from './remediator.ts';
import type { Settings } from './settings.ts';

/** The stack of this repository's own app, which contains only the remediator. */
export class RemediatorStack extends Stack {
  constructor(scope: Construct, settings: Settings, bundles: string) {
    super(scope, settings.stackName, {
      description:
        'EKS Host Remediator: keeps the worker hosts of the EKS clusters in this account and region replaced',
    });
    // A construct called Default adds nothing to the ids of its children, so the stack's resources keep their ids.
    new Remediator(this, 'Default', settings, bundles);
  }
}
