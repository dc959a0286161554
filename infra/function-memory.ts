/** Memory of each function, MB. Lambda allots CPU in proportion to it, and charges for it. */
export const FUNCTION_MEMORY_MB = 512;
