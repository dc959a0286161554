import * as z from 'zod';
import { severity } from '../../events/inspector-package-finding.ts';
import { upgradeApproval } from '../shared/policy/approval-section.ts';
import { type Mode, mode, stricter } from '../shared/policy/mode.ts';
import type { PolicyWith } from '../shared/policy/policy.ts';
import { wantedImage } from '../shared/policy/wanted-image-section.ts';

/** The policy section `findings`. */
export const findings = (defaultMode: Mode) =>
  z.strictObject({
    mode: mode
      .default(defaultMode)
      .describe('observe: no finding ever starts or hastens an upgrade, a refresh or a pin.'),
    severityFloor: severity
      .default('HIGH')
      .describe(
        'The least severity that counts. Below the findingSeverity of the deployment, only the sweep sees findings.',
      ),
    urgent: z
      .strictObject({
        severity: severity.default('CRITICAL').describe('The least severity of an urgent finding.'),
        epss: z
          .number()
          .min(0)
          .max(1)
          .default(0.1)
          .describe('An urgent finding has a known exploit, or at least this EPSS score. 0: its severity is enough.'),
      })
      .prefault({}),
    enableInspector: mode
      .default('off')
      .describe("enforce: Inspector's EC2 scanning is switched on where it is off. AWS charges for it."),
  });

/** Reads of the section of `upgrade-node-groups` whether it does anything by itself, and what it moves custom AMIs to. */
const upgradesRead = (defaultMode: Mode) =>
  z.looseObject({ mode: mode.default(defaultMode), approval: upgradeApproval, image: wantedImage.prefault({}) });

/** Reads of the section of `refresh-groups` whether self-managed groups are moved, and to what. */
const refreshesRead = (defaultMode: Mode) =>
  z.looseObject({ mode: mode.default(stricter(defaultMode, 'observe')), wanted: wantedImage.shape.wanted });

/** Reads of the section of `steer-node-classes` whether node classes are pinned. */
const nodeClassesRead = (defaultMode: Mode) => z.looseObject({ mode: mode.default(stricter(defaultMode, 'observe')) });

/** The sections of the policy that `triage-findings` reads. */
export const READS = { findings, upgrades: upgradesRead, refreshes: refreshesRead, nodeClasses: nodeClassesRead };
export type Policy = PolicyWith<typeof READS>;
