/** The memory of each function, MB: Lambda gives it a share of a core by that, and is paid for both. */
export const FUNCTION_MEMORY_MB = 512;
