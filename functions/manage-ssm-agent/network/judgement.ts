/** What can be said of a way, or of a part of it; `why` is a clause that names the piece. */
export type Judgement =
  | { readonly answer: 'yes' }
  | { readonly answer: 'no'; readonly why: string }
  | { readonly answer: 'unsure'; readonly why: string };

export const YES: Judgement = { answer: 'yes' };
export const no = (why: string): Judgement => ({ answer: 'no', why });
export const unsure = (why: string): Judgement => ({ answer: 'unsure', why });

/** Every part must be passed: the first that shuts decides, then the first of which nobody can tell. */
export const all = (parts: readonly Judgement[]): Judgement =>
  parts.find(({ answer }) => answer === 'no') ?? parts.find(({ answer }) => answer === 'unsure') ?? YES;
