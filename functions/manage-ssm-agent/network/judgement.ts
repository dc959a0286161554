/** The verdict on a network path, or on a part of it. `why` is a clause that names the part. */
export type Judgement =
  | { readonly answer: 'yes' }
  | { readonly answer: 'no'; readonly why: string }
  | { readonly answer: 'unsure'; readonly why: string };

export const YES: Judgement = { answer: 'yes' };
export const no = (why: string): Judgement => ({ answer: 'no', why });
export const unsure = (why: string): Judgement => ({ answer: 'unsure', why });

/** A path is open if all its parts are. The first closed part decides, then the first unsure one. */
export const all = (parts: readonly Judgement[]): Judgement =>
  parts.find(({ answer }) => answer === 'no') ?? parts.find(({ answer }) => answer === 'unsure') ?? YES;
