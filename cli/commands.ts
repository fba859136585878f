import type { Entry } from './command.ts';

/** All commands, in the order in which an operator comes to need them. */
export const COMMANDS: readonly Entry[] = [];
