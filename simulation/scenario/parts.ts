import type { Part } from './part.ts';
import { CONTROL_PLANES, type OfControlPlanes } from './parts/control-planes.ts';
import { DENIALS, type OfDenials } from './parts/denials.ts';
import { EXPOSED_POOLS, type OfExposedPools } from './parts/exposed-pools.ts';
import { HOSTS, type OfHosts } from './parts/hosts.ts';
import { INTERVENTIONS, type OfInterventions } from './parts/interventions.ts';
import { MISTAKES, type OfMistakes } from './parts/mistakes.ts';
import { NODE_CLASSES, type OfNodeClasses } from './parts/node-classes.ts';
import { OBSTACLES, type OfObstacles } from './parts/obstacles.ts';
import { type OfOwnImages, OWN_IMAGES } from './parts/own-images.ts';
import { type OfPosture, POSTURE } from './parts/posture.ts';
import { type OfRemovals, REMOVALS } from './parts/removals.ts';
import { type OfRollout, ROLLOUT } from './parts/rollout.ts';
import { type OfRulings, RULINGS } from './parts/rulings.ts';
import { type OfScaling, SCALING } from './parts/scaling.ts';
import { type OfSelfManaged, SELF_MANAGED } from './parts/self-managed.ts';
import { type OfShells, SHELLS } from './parts/shells.ts';
import { type OfStarvation, STARVATION } from './parts/starvation.ts';
import { type OfSweeps, SWEEPS } from './parts/sweeps.ts';
import { type OfVulnerabilities, VULNERABILITIES } from './parts/vulnerabilities.ts';

/** The members of a scenario that its parts draw. */
export interface Parts
  extends OfRollout,
    OfRulings,
    OfSelfManaged,
    OfNodeClasses,
    OfHosts,
    OfVulnerabilities,
    OfControlPlanes,
    OfOwnImages,
    OfObstacles,
    OfExposedPools,
    OfPosture,
    OfShells,
    OfScaling,
    OfSweeps,
    OfDenials,
    OfRemovals,
    OfMistakes,
    OfInterventions,
    OfStarvation {}

/** The parts of days. Each sees what those before it have drawn, and said in documents. */
export const PARTS: ReadonlyArray<Part<Parts>> = [
  ROLLOUT,
  RULINGS,
  SELF_MANAGED,
  NODE_CLASSES,
  HOSTS,
  VULNERABILITIES,
  CONTROL_PLANES,
  OWN_IMAGES,
  OBSTACLES,
  EXPOSED_POOLS,
  POSTURE,
  SHELLS,
  SCALING,
  SWEEPS,
  DENIALS,
  REMOVALS,
  MISTAKES,
  INTERVENTIONS,
  STARVATION,
];
