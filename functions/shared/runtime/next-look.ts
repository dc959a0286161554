/**
 * When to look again at what says nothing of its end, epoch milliseconds: at the same times whoever asks. Each look asks for
 * the next one. If each counted from its own time, a look that a sweep or an event leads to would begin a further series,
 * without an end.
 *
 * @param every how often, ms; the next look is between half of that and one and a half from now
 */
export const nextLook = (now: number, every: number): number => Math.ceil((now + every / 2) / every) * every;
