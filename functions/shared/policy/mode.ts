import * as z from 'zod';

/** `enforce` acts, `observe` records what it would do, `off` does neither. */
export const mode = z.enum(['enforce', 'observe', 'off']);
export type Mode = z.infer<typeof mode>;

const STRICTNESS: Readonly<Record<Mode, number>> = { off: 0, observe: 1, enforce: 2 };

/** The stricter of two modes, for a mode that limits another. */
export const stricter = (a: Mode, b: Mode): Mode => (STRICTNESS[a] <= STRICTNESS[b] ? a : b);
