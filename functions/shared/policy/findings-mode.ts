import * as z from 'zod';
import { type Mode, mode } from './mode.ts';

/** Reads of the section of `triage-findings` whether urgent findings hasten anything. */
export const findingsMode = (defaultMode: Mode) => z.looseObject({ mode: mode.default(defaultMode) });
