/** The bound of an isolate, with Node's own part and the code that measures. */
export const MAX_HEAP_MIB = 64;

/** More than this from one half of the run to the other is a leak. */
export const MAX_HEAP_GROWTH_MIB = 2;

/** The same for a whole process, whose memory is not given back at once. */
export const MAX_RESIDENT_GROWTH_MIB = 32;
