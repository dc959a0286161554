import * as z from 'zod';

/**
 * Like zod's `safeParse`, for a value from outside. zod compares the `length` of whatever has one with a minimum or
 * maximum, even where the value should be a text (zod 4.6.7, `core/checks.ts`, `$ZodCheckMinLength`). That throws a
 * TypeError where the length is an object that is no number, such as `{ "toString": {} }`. One such member must be an
 * issue like any other, because an error would hold up all else that is read with it.
 */
export function safeParse<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  options?: z.core.ParseContext<z.core.$ZodIssue>,
): z.ZodSafeParseResult<z.output<Schema>> {
  try {
    return schema.safeParse(input, options);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Without the input, as zod's own issues are: logs show them.
    const issue: z.core.$ZodIssue = {
      code: 'custom',
      path: [],
      message: 'has a length that is no number',
      input: undefined,
    };
    return { success: false, error: new z.ZodRealError([issue]) as z.ZodError<z.output<Schema>> };
  }
}
